//! Protobuf's wire format (<https://protobuf.dev/programming-guides/encoding/>), as far as OTLP's spans need it.

/// A message or text with its tag (of one byte) and length.
pub(super) fn length_delimited(length: usize) -> usize {
    1 + varint_length(length as u64) + length
}

pub(super) fn varint_length(value: u64) -> usize {
    // 7 bits a byte: 1 + floor(log2(value) / 7), computed without a division.
    ((value | 1).ilog2() as usize * 9 + 73) / 64
}

#[expect(clippy::cast_possible_truncation, reason = "what is left is below 0x80")]
pub(super) fn put_varint(mut value: u64, buffer: &mut Vec<u8>) {
    while value >= 0x80 {
        buffer.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    buffer.push(value as u8);
}

/// The head of a length-delimited field with a number below 16.
pub(super) fn put_tag_and_length(field: u32, length: usize, buffer: &mut Vec<u8>) {
    put_tag(field, WireType::LengthDelimited, buffer);
    put_varint(length as u64, buffer);
}

#[derive(Debug, Clone, Copy)]
pub(super) enum WireType {
    Varint = 0,
    Fixed64 = 1,
    LengthDelimited = 2,
    Fixed32 = 5,
}

pub(super) fn put_tag(field: u32, wire_type: WireType, buffer: &mut Vec<u8>) {
    put_varint(u64::from(field << 3 | wire_type as u32), buffer);
}

/// A text in one piece.
pub(super) fn put_bytes(field: u32, bytes: &[u8], buffer: &mut Vec<u8>) {
    put_tag_and_length(field, bytes.len(), buffer);
    buffer.extend_from_slice(bytes);
}

pub(super) fn put_fixed64(field: u32, value: u64, buffer: &mut Vec<u8>) {
    put_tag(field, WireType::Fixed64, buffer);
    buffer.extend_from_slice(&value.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_those_that_are_written() {
        for shift in 0..64 {
            for value in [1_u64 << shift, (1 << shift) - 1, u64::MAX >> shift] {
                let mut buffer = Vec::new();
                put_varint(value, &mut buffer);
                assert_eq!(buffer.len(), varint_length(value), "{value}");
            }
        }
    }
}
