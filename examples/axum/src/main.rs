//! Counts and encodes what it is sent: `cargo run --release`, then
//!
//! ```sh
//! curl localhost:3000/count -H 'content-type: application/json' -d '{"encoding": "o200k_base", "text": "hello world"}'
//! curl localhost:3000/encode -H 'content-type: application/json' -d '{"encoding": "o200k_base", "texts": ["hello", "world"]}'
//! ```
//!
//! The tokenizers are shared by all requests: a `Tokenizer` is `Sync`, and `Tokenizer::encoding` gives the same one each time. A text of
//! a megabyte takes some milliseconds, so what is longer than a page goes to a thread for such work. Its client may be gone by then; the
//! work is short, and its result is dropped.

use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use minitok::{Error, Special, Tokenizer};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Text {
    encoding: String,
    text: String,
}

#[derive(Deserialize)]
struct Texts {
    encoding: String,
    texts: Vec<String>,
}

#[derive(Serialize)]
struct Count {
    tokens: usize,
}

#[derive(Serialize)]
struct Batch {
    ids: Vec<Vec<u32>>,
}

type Refused = (StatusCode, String);

/// Requests of fewer bytes of text are answered where they arrive.
const SHORT: usize = 64 << 10;
/// No more than this is read of a request; a longer one is refused.
const LARGEST: usize = 16 << 20;

async fn count(Json(Text { encoding, text }): Json<Text>) -> Result<Json<Count>, Refused> {
    let size = text.len();
    run(size, move || Ok(Count { tokens: Tokenizer::encoding(&encoding)?.count(&text)? })).await
}

async fn encode(Json(Texts { encoding, texts }): Json<Texts>) -> Result<Json<Batch>, Refused> {
    let size = texts.iter().map(String::len).sum();
    run(size, move || {
        // Other requests want the other processors.
        Ok(Batch { ids: Tokenizer::encoding(&encoding)?.encode_batch(&texts, Special::NONE, 1)? })
    })
    .await
}

async fn run<T: Send + 'static>(
    size: usize,
    work: impl FnOnce() -> minitok::Result<T> + Send + 'static,
) -> Result<Json<T>, Refused> {
    let done = if size < SHORT {
        work()
    } else {
        let failed = |error: tokio::task::JoinError| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string());
        tokio::task::spawn_blocking(work).await.map_err(failed)?
    };
    done.map(Json).map_err(refused)
}

fn refused(error: Error) -> Refused {
    let status = match error {
        Error::UnknownEncoding(_) => StatusCode::NOT_FOUND,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    (status, error.to_string())
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".into());
    let app =
        Router::new().route("/count", post(count)).route("/encode", post(encode)).layer(DefaultBodyLimit::max(LARGEST));
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, app).await
}
