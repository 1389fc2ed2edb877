//! NumPy's strings for element types: `<f8`, `>i4`, `|u1`.

use numtile_core::DType;

use super::{Parsed, excerpt, malformed, unsupported};

/// Why pickled objects are not read.
pub(crate) const OBJECTS: &str = "object arrays and pickles are refused because reading them would execute code";

/// The element type that a descriptor names, and whether it is stored in the other byte order than the machine's.
pub(crate) fn parse(descriptor: &[u8]) -> Parsed<(DType, bool)> {
    let (order, code) = match descriptor {
        [order @ (b'<' | b'>' | b'=' | b'|'), code @ ..] => (*order, code),
        code => (b'=', code),
    };
    match std::str::from_utf8(code).ok().and_then(|code| DType::from_code(code).or_else(|| DType::from_name(code))) {
        Some(dtype) => Ok((dtype, dtype.align() > 1 && is_foreign(order))),
        None => refuse(code, descriptor),
    }
}

fn is_foreign(order: u8) -> bool {
    match order {
        b'<' => cfg!(target_endian = "big"),
        b'>' => cfg!(target_endian = "little"),
        _ => false,
    }
}

/// The reason why a descriptor is not one of ours.
fn refuse<T>(code: &[u8], descriptor: &[u8]) -> Parsed<T> {
    let shown = excerpt(descriptor);
    match code {
        [b'O', ..] => malformed(OBJECTS),
        [b'S' | b'a' | b'U', ..] => unsupported(format!("arrays of strings ('{shown}') are not supported yet")),
        [b'M' | b'm', ..] => unsupported(format!("dates and time differences ('{shown}') are not supported yet")),
        [b'V', ..] => unsupported(format!("arrays of raw void bytes ('{shown}') are not supported yet")),
        b"f12" | b"f16" | b"c24" | b"c32" => unsupported(format!("long doubles ('{shown}') are not supported")),
        _ => malformed(format!("the dtype descriptor '{shown}' is not understood")),
    }
}

/// The descriptor of an element type in the machine's byte order, as `dtype.str` writes it.
pub(crate) fn native(dtype: DType) -> String {
    let order = match dtype.size() {
        1 => '|',
        _ if cfg!(target_endian = "big") => '>',
        _ => '<',
    };
    format!("{order}{}", dtype.code())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_round_trip() {
        for dtype in DType::ALL {
            assert_eq!(parse(native(dtype).as_bytes()), Ok((dtype, false)));
        }
    }

    #[test]
    fn byte_orders() {
        let little = cfg!(target_endian = "little");
        assert_eq!(parse(b">f8"), Ok((DType::F64, little)));
        assert_eq!(parse(b"<c16"), Ok((DType::C128, !little)));
        assert_eq!(parse(b"=i4"), Ok((DType::I32, false)));
        assert_eq!(parse(b"f4"), Ok((DType::F32, false)));
        assert_eq!(parse(b">u1"), Ok((DType::U8, false)), "one byte has no order");
        assert_eq!(parse(b">b1"), Ok((DType::Bool, false)));
    }
}
