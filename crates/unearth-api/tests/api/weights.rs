use crate::service::Service;
use unearth_store::weights;

fn safetensors() -> Vec<u8> {
    let header = br#"{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#;
    [&(header.len() as u64).to_le_bytes()[..], header, &[7]].concat()
}

#[tokio::test]
async fn the_same_weights_are_kept_once() {
    let service = Service::start().await;
    let hash = blake3::hash(&safetensors()).to_hex().to_string();
    for _ in 0..2 {
        let answer = service
            .post("/v1/weights?name=r18.safetensors", safetensors())
            .await
            .expect(201);
        assert_eq!(answer.json()["hash"], hash);
    }
    assert_eq!(service.blobs().await, [format!("weights/{hash}")]);
    assert!(
        weights::get(&service.app.db, &hash)
            .await
            .unwrap()
            .is_some()
    );
    service
        .get(&format!("/v1/weights/{hash}"))
        .await
        .expect(200);
    service
        .get("/v1/weights/00")
        .await
        .problem(404, "weights-not-found");
}

#[tokio::test]
async fn other_files_are_refused_and_not_kept() {
    let service = Service::start().await;
    let text = "a text file that is long enough to have a header"
        .as_bytes()
        .to_vec();
    let no_object = [&2u64.to_le_bytes()[..], b"[]"].concat();
    for file in [vec![1, 2], text, no_object] {
        service
            .post("/v1/weights", file)
            .await
            .problem(422, "not-safetensors");
    }
    assert_eq!(service.blobs().await, [""; 0]);
}
