//! Names of embedded files: a digest of the content, computed by the compiler, so that nothing is kept at run time.

const FOLDER: &[u8] = b"/assets/";
/// Bytes in `/assets/<16 hex digits>.css`.
pub(super) const NAME_BYTES: usize = FOLDER.len() + 16 + 4;

/// The address of a file: `/assets/<digest>.<extension>`. An extension of two letters begins with its own dot.
pub(super) const fn name(content: &str, extension: [u8; 3]) -> [u8; NAME_BYTES] {
    let digest = fnv(content.as_bytes());
    let mut name = [b'.'; NAME_BYTES];
    let mut at = 0;
    while at < FOLDER.len() {
        name[at] = FOLDER[at];
        at += 1;
    }
    let mut nibble = 0;
    while nibble < 16 {
        let value = ((digest >> (60 - 4 * nibble)) & 0xf) as usize;
        name[at + nibble] = b"0123456789abcdef"[value];
        nibble += 1;
    }
    let mut letter = 0;
    while letter < 3 {
        name[NAME_BYTES - 3 + letter] = extension[letter];
        letter += 1;
    }
    name
}

/// A name as text. Only ASCII is ever put into one.
pub(super) const fn text(name: &'static [u8; NAME_BYTES]) -> &'static str {
    match str::from_utf8(name) {
        Ok(text) => text,
        Err(_) => panic!("a name is ASCII"),
    }
}

/// FNV-1a, 64 bits. Nobody gains by a collision here: both contents would be our own.
const fn fnv(bytes: &[u8]) -> u64 {
    let mut digest = 0xcbf2_9ce4_8422_2325_u64;
    let mut at = 0;
    while at < bytes.len() {
        digest = (digest ^ bytes[at] as u64).wrapping_mul(0x0100_0000_01b3);
        at += 1;
    }
    digest
}
