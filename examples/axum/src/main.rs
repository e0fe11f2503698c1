//! Counts the tokens of what it is sent: `cargo run --release`, then
//! `curl localhost:3000/count -H 'content-type: application/json' -d '{"encoding": "o200k_base", "text": "hello world"}'`.
//!
//! The tokenizers are shared by all requests: a `Tokenizer` is `Sync`, and `Tokenizer::encoding` gives the same one each time. A text
//! of a megabyte takes some milliseconds, so that longer ones are counted on a thread for such work.

use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use minitok::{Error, Tokenizer};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Request {
    encoding: String,
    text: String,
}

#[derive(Serialize)]
struct Answer {
    tokens: usize,
}

type Refused = (StatusCode, String);

/// Texts of fewer bytes are counted where they arrive.
const SHORT: usize = 64 << 10;

async fn count(Json(Request { encoding, text }): Json<Request>) -> Result<Json<Answer>, Refused> {
    let is_short = text.len() < SHORT;
    let count = move || Tokenizer::encoding(&encoding)?.count(&text).map(|tokens| Json(Answer { tokens }));
    if is_short {
        return count().map_err(refused);
    }
    let done = tokio::task::spawn_blocking(count).await;
    done.map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?.map_err(refused)
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
    let app = Router::new().route("/count", post(count)).layer(DefaultBodyLimit::max(16 << 20));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    println!("http://{}/count", listener.local_addr()?);
    axum::serve(listener, app).await
}
