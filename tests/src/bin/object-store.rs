//! Says which credentials the Rust crate `object_store` gets for a web identity in its
//! environment. Of STS it demands HTTPS.

use object_store::aws::AmazonS3Builder;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // reqwest has no TLS stack of its own here.
    let installed = rustls::crypto::ring::default_provider().install_default();
    installed.map_err(|_| "there is a TLS provider already")?;
    let store = AmazonS3Builder::from_env()
        .with_bucket_name("demo")
        .build()?;
    let credentials = store.credentials().get_credential().await?;
    println!("{}", credentials.key_id);
    println!("{}", credentials.secret_key);
    println!("{}", credentials.token.as_deref().unwrap_or_default());
    Ok(())
}
