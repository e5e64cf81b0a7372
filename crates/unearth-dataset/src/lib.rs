//! Archives and files in, validated examples out.
