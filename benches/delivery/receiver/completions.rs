//! The receiver as a model server: it answers at once, to a chat also as a stream of which each chunk says when it was sent.

use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tracecast::clock::Clock;

use super::serve::{self, Stream};
use crate::outcome::Result;

/// Chunks with text of a streamed answer.
pub(crate) const CHUNKS: u64 = 200;
/// The text of a chunk begins like this; the moment of its sending follows, in nanoseconds since the Unix epoch.
pub(crate) const SENT: &[u8] = b"sent-";
/// The model that pauses between two chunks, so that each can be watched on its way.
pub(crate) const PACED: &str = "bench/paced";
const PAUSE: Duration = Duration::from_millis(1);

const COMPLETION: &str = r#"{"id":"chatcmpl-AbC123","object":"chat.completion","created":1788596085,"model":"gpt-4o-2024-08-06","choices":[{"index":0,"message":{"role":"assistant","content":"The pool ran out of connections because the retry of the checkout holds one while it waits."},"finish_reason":"stop"}],"usage":{"prompt_tokens":412,"completion_tokens":97,"total_tokens":509}}"#;
const RESPONSE: &str = r#"{"id":"resp_AbC123","object":"response","created_at":1788596085,"status":"completed","model":"gpt-4o-2024-08-06","output":[{"id":"msg_AbC123","type":"message","status":"completed","role":"assistant","content":[{"type":"output_text","text":"The pool ran out of connections because the retry of the checkout holds one while it waits.","annotations":[]}]}],"usage":{"input_tokens":412,"input_tokens_details":{"cached_tokens":0},"output_tokens":97,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":509}}"#;
const MESSAGE: &str = r#"{"id":"msg_AbC123","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[{"type":"text","text":"The pool ran out of connections because the retry of the checkout holds one while it waits."}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":412,"output_tokens":97}}"#;
/// As long as the vectors of OpenAI's small model.
const DIMENSIONS: usize = 1_536;

pub(crate) const CHAT: &str = "/v1/chat/completions";
pub(crate) const RESPONSES: &str = "/v1/responses";
pub(crate) const MESSAGES: &str = "/v1/messages";
pub(crate) const EMBEDDINGS: &str = "/v1/embeddings";
const MODELS: &str = "/v1/models";
/// Where it answers.
pub(super) const PATHS: [&str; 5] = [CHAT, RESPONSES, MESSAGES, EMBEDDINGS, MODELS];

/// Answers what was asked at one of its paths.
pub(super) async fn answer(stream: &mut impl Stream, path: &str, body: &[u8]) -> Result<()> {
    let has = |words: &str| body.windows(words.len()).any(|window| window == words.as_bytes());
    match path {
        CHAT if has(r#""stream":true"#) => {
            let pause = if has(PACED) { PAUSE } else { Duration::ZERO };
            send_chunks(stream, pause).await
        }
        CHAT => serve::answer(stream, COMPLETION.as_bytes()).await,
        RESPONSES => serve::answer(stream, RESPONSE.as_bytes()).await,
        MESSAGES => serve::answer(stream, MESSAGE.as_bytes()).await,
        MODELS => serve::answer(stream, br#"{"object":"list","data":[]}"#).await,
        _ => serve::answer(stream, embedding().as_bytes()).await,
    }
}

fn embedding() -> String {
    let vector = vec!["-0.006929283"; DIMENSIONS].join(",");
    format!(
        r#"{{"object":"list","data":[{{"object":"embedding","index":0,"embedding":[{vector}]}}],"model":"text-embedding-3-small","usage":{{"prompt_tokens":412,"total_tokens":412}}}}"#
    )
}

/// Each chunk leaves by itself, as the chunks of a model do.
async fn send_chunks(stream: &mut impl Stream, pause: Duration) -> Result<()> {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).await?;
    for _ in 0..CHUNKS {
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
        let sent = String::from_utf8_lossy(SENT);
        let text = format!(
            r#"{{"index":0,"delta":{{"content":"{sent}{}"}},"finish_reason":null}}"#,
            Clock::System.unix_nanos().0
        );
        send(stream, &chunk(&text, "")).await?;
    }
    let usage = r#","usage":{"prompt_tokens":412,"completion_tokens":200,"total_tokens":612}"#;
    send(stream, &chunk(r#"{"index":0,"delta":{},"finish_reason":"stop"}"#, "")).await?;
    send(stream, &chunk("", usage)).await?;
    send(stream, "[DONE]").await?;
    stream.write_all(b"0\r\n\r\n").await?;
    Ok(stream.flush().await?)
}

fn chunk(choices: &str, usage: &str) -> String {
    format!(
        r#"{{"id":"chatcmpl-AbC123","object":"chat.completion.chunk","created":1788596085,"model":"gpt-4o-2024-08-06","choices":[{choices}]{usage}}}"#
    )
}

async fn send(stream: &mut impl Stream, data: &str) -> Result<()> {
    let event = format!("data: {data}\n\n");
    stream.write_all(format!("{:x}\r\n{event}\r\n", event.len()).as_bytes()).await?;
    Ok(stream.flush().await?)
}
