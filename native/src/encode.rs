//! MessagePack, as `msgspec` writes it: every number and text in its shortest form.

/// Encoded values one behind the other, and how many they are.
#[derive(Default)]
pub struct Block {
    pub count: u32,
    pub bytes: Vec<u8>,
}

impl Block {
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub fn append(&mut self, other: &Block) {
        self.count += other.count;
        self.bytes.extend_from_slice(&other.bytes);
    }
}

pub fn nil(out: &mut Vec<u8>) {
    out.push(0xc0);
}

pub fn boolean(out: &mut Vec<u8>, value: bool) {
    out.push(if value { 0xc3 } else { 0xc2 });
}

pub fn integer(out: &mut Vec<u8>, value: i64) {
    if value >= 0 {
        natural(out, value as u64);
    } else if value >= -32 {
        out.push(value as i8 as u8);
    } else if value >= i64::from(i8::MIN) {
        out.extend_from_slice(&[0xd0, value as i8 as u8]);
    } else if value >= i64::from(i16::MIN) {
        sized(out, 0xd1, &(value as i16).to_be_bytes());
    } else if value >= i64::from(i32::MIN) {
        sized(out, 0xd2, &(value as i32).to_be_bytes());
    } else {
        sized(out, 0xd3, &value.to_be_bytes());
    }
}

pub fn natural(out: &mut Vec<u8>, value: u64) {
    if value < 0x80 {
        out.push(value as u8);
    } else if value <= 0xff {
        out.extend_from_slice(&[0xcc, value as u8]);
    } else if value <= 0xffff {
        sized(out, 0xcd, &(value as u16).to_be_bytes());
    } else if value <= 0xffff_ffff {
        sized(out, 0xce, &(value as u32).to_be_bytes());
    } else {
        sized(out, 0xcf, &value.to_be_bytes());
    }
}

pub fn float(out: &mut Vec<u8>, value: f64) {
    sized(out, 0xcb, &value.to_be_bytes());
}

pub fn text(out: &mut Vec<u8>, value: &str) {
    let length = value.len();
    if length < 32 {
        out.push(0xa0 | length as u8);
    } else if length <= 0xff {
        out.extend_from_slice(&[0xd9, length as u8]);
    } else if length <= 0xffff {
        sized(out, 0xda, &(length as u16).to_be_bytes());
    } else {
        sized(out, 0xdb, &(length as u32).to_be_bytes());
    }
    out.extend_from_slice(value.as_bytes());
}

pub fn optional_text(out: &mut Vec<u8>, value: Option<&str>) {
    match value {
        Some(value) => text(out, value),
        None => nil(out),
    }
}

/// Begin an array of that many values.
pub fn array(out: &mut Vec<u8>, length: usize) {
    if length < 16 {
        out.push(0x90 | length as u8);
    } else if length <= 0xffff {
        sized(out, 0xdc, &(length as u16).to_be_bytes());
    } else {
        sized(out, 0xdd, &(length as u32).to_be_bytes());
    }
}

pub fn block(out: &mut Vec<u8>, block: &Block) {
    array(out, block.count as usize);
    out.extend_from_slice(&block.bytes);
}

fn sized(out: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    out.push(tag);
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
        let mut out = Vec::new();
        write(&mut out);
        out
    }

    #[test]
    fn numbers_have_their_shortest_form() {
        assert_eq!(written(|out| integer(out, 127)), [0x7f]);
        assert_eq!(written(|out| integer(out, 128)), [0xcc, 0x80]);
        assert_eq!(written(|out| integer(out, 256)), [0xcd, 1, 0]);
        assert_eq!(written(|out| integer(out, 65_536)), [0xce, 0, 1, 0, 0]);
        assert_eq!(written(|out| integer(out, -2)), [0xfe]);
        assert_eq!(written(|out| integer(out, -33)), [0xd0, 0xdf]);
        assert_eq!(written(|out| integer(out, -129)), [0xd1, 0xff, 0x7f]);
    }

    #[test]
    fn texts_and_arrays_have_their_shortest_form() {
        assert_eq!(written(|out| text(out, "ab")), [0xa2, b'a', b'b']);
        assert_eq!(written(|out| text(out, &"a".repeat(32)))[..2], [0xd9, 32]);
        assert_eq!(written(|out| array(out, 15)), [0x9f]);
        assert_eq!(written(|out| array(out, 16)), [0xdc, 0, 16]);
    }
}
