//! Says who the Rust SDK is when it finds a web identity in its environment.

use aws_smithy_http_client::Builder;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config = aws_config::from_env()
        .http_client(Builder::new().build_http())
        .load()
        .await;
    let identity = aws_sdk_sts::Client::new(&config)
        .get_caller_identity()
        .send()
        .await?;
    println!("{}", identity.arn().unwrap_or_default());
    Ok(())
}
