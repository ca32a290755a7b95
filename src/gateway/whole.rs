//! Answers that come whole.

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;

use super::broken::Broken;
use super::exchange::Exchange;
use super::failure::Failure;
use crate::json::Members;

/// Most bytes of an answer that comes whole.
const WHOLE_BYTES: usize = 64 * 1024 * 1024;

/// Reads a body to its end. Its memory is the exchange's.
pub(super) async fn read(
    exchange: &mut Exchange,
    beginning: &[u8],
    rest: &mut BoxStream<'static, Result<Bytes, Broken>>,
) -> Result<Vec<u8>, Failure> {
    let (mut whole, room) = (Vec::new(), &mut exchange.answer_room);
    room.extend(&mut whole, beginning, WHOLE_BYTES).map_err(Failure::no_room)?;
    while let Some(piece) = rest.next().await {
        let piece = piece.map_err(Broken::failure)?;
        if whole.len() + piece.len() > WHOLE_BYTES {
            return Err(Failure::answer_too_large());
        }
        room.extend(&mut whole, &piece, WHOLE_BYTES).map_err(Failure::no_room)?;
    }
    room.fit(&mut whole);
    exchange.upstream_has_ended();
    Ok(whole)
}

/// Learns from a whole answer, and gives it with what the gateway adds.
///
/// # Errors
/// When it is no answer of the protocol, or an error though its status says success.
pub(super) fn understood(exchange: &mut Exchange, body: Vec<u8>) -> Result<Bytes, Failure> {
    let protocol = exchange.caller.protocol;
    let text = match String::from_utf8(body) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    };
    let text_of_answer = text.trim_start_matches('\u{feff}');
    let Some(answer) = Members::of(text_of_answer).filter(|answer| answer.get(protocol.answer_member()).is_some())
    else {
        return Err(Failure::no_answer(text.as_bytes()));
    };
    protocol.learn(&mut exchange.completion, "", &answer);
    let written = protocol.rewritten("", &answer, &exchange.additions(text_of_answer));
    Ok(Bytes::from(written.unwrap_or(text)))
}
