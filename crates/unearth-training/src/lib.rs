//! Models, data on the device, the fit loop and the gradient sweep: the only crate that names tch.
