//! NumPy's `.npy` format, versions 1.0, 2.0 and 3.0: a magic string, a length, and a Python dict literal of three
//! keys, padded so that the data start at a multiple of 64 bytes.

use numtile_core::shape::MAX_NDIM;
use numtile_core::{DType, Result, Shape};

use super::descriptor;
use super::literal::Cursor;
use super::{Parsed, Refusal, Stored, contiguous, data_bytes, excerpt, malformed, unsupported};
use crate::file::File;
use crate::open::Order;

/// How every `.npy` file starts.
pub(crate) const MAGIC: &[u8] = b"\x93NUMPY";
/// Magic, version and the longer of the two sizes of the length field.
const PREFIX: usize = 12;
/// Data start at a multiple of this.
const ALIGNMENT: usize = 64;
/// The longest header that is read.
const LONGEST: usize = 1 << 20;
/// NumPy leaves room for the first length to grow to this many digits in place.
const GROWTH_DIGITS: usize = 21;

/// Reads the header of an open file and checks that the data it promises are there.
pub(crate) fn read(file: &File) -> Result<Stored> {
    let about = |refusal: Refusal| refusal.about(file.name());
    let size = file.identity()?.size;
    let mut prefix = [0u8; PREFIX];
    let length = file.read_up_to(0, &mut prefix)?;
    let prefix = Prefix::parse(&prefix[..length]).map_err(about)?;
    prefix.check(size).map_err(about)?;
    let mut text = vec![0u8; prefix.length];
    file.read_at(prefix.start as u64, &mut text)?;
    Header::parse(&text, prefix.version).and_then(|header| header.stored(prefix.data(), size)).map_err(about)
}

/// What precedes the dict.
struct Prefix {
    version: u8,
    /// Where the dict starts.
    start: usize,
    /// The bytes of the dict with its padding.
    length: usize,
}

impl Prefix {
    fn parse(bytes: &[u8]) -> Parsed<Prefix> {
        if !bytes.starts_with(MAGIC) {
            return malformed(format!("is not a .npy file: it starts with \"{}\"", excerpt(bytes)));
        }
        match bytes[MAGIC.len()..] {
            [1, 0, a, b, ..] => Ok(Prefix { version: 1, start: 10, length: usize::from(u16::from_le_bytes([a, b])) }),
            [version @ (2 | 3), 0, a, b, c, d] => {
                let length = u32::from_le_bytes([a, b, c, d]) as usize;
                Ok(Prefix { version, start: PREFIX, length })
            }
            [1..=3, 0, ..] | [] | [_] => malformed("is truncated: the file ends inside the .npy header"),
            [major, minor, ..] => {
                malformed(format!("has .npy format version {major}.{minor}; versions 1.0, 2.0 and 3.0 are known"))
            }
        }
    }

    fn data(&self) -> u64 {
        (self.start + self.length) as u64
    }

    fn check(&self, file_size: u64) -> Parsed<()> {
        if self.length > LONGEST {
            return malformed(format!("has a header of {} bytes; at most {LONGEST} are read", self.length));
        }
        if self.data() > file_size {
            return malformed(format!(
                "is truncated: the .npy header should end at byte {}, but the file has {file_size} bytes",
                self.data()
            ));
        }
        Ok(())
    }
}

/// What the dict says.
struct Header {
    dtype: DType,
    swapped: bool,
    order: Order,
    shape: Shape,
}

impl Header {
    fn parse(text: &[u8], version: u8) -> Parsed<Header> {
        let mut cursor = Cursor::new(text, version <= 2);
        let (mut descriptor, mut order, mut shape) = (None, None, None);
        cursor.expect(b'{')?;
        while !cursor.eat(b'}') {
            let key = cursor.string()?;
            cursor.expect(b':')?;
            let repeated = match key {
                b"descr" => descriptor.replace(read_descriptor(&mut cursor)?).is_some(),
                b"fortran_order" => order.replace(read_order(&mut cursor)?).is_some(),
                b"shape" => shape.replace(read_shape(&mut cursor)?).is_some(),
                _ => return malformed(format!("the header has the unknown key '{}'", excerpt(key))),
            };
            if repeated {
                return malformed(format!("the header has the key '{}' twice", excerpt(key)));
            }
            if !cursor.eat(b',') && cursor.peek() != Some(b'}') {
                return cursor.unexpected("',' or '}'");
            }
        }
        cursor.end()?;
        let (dtype, swapped) = descriptor.ok_or_else(|| missing("descr"))?;
        let order = order.ok_or_else(|| missing("fortran_order"))?;
        let shape = shape.ok_or_else(|| missing("shape"))?;
        Ok(Header { dtype, swapped, order, shape })
    }

    /// The array, if the file is long enough to hold it.
    fn stored(self, data: u64, file_size: u64) -> Parsed<Stored> {
        let (expected, found) = (data_bytes(&self.shape, self.dtype)?, file_size.saturating_sub(data));
        if found < expected {
            return malformed(format!("is truncated: expected {expected} bytes of data, found {found}"));
        }
        let layout = contiguous(data, &self.shape, self.dtype, self.order);
        Ok(Stored { dtype: self.dtype, swapped: self.swapped, layout })
    }
}

fn missing(key: &str) -> Refusal {
    Refusal::Malformed(format!("the header lacks the key '{key}'"))
}

fn read_descriptor(cursor: &mut Cursor<'_>) -> Parsed<(DType, bool)> {
    if cursor.at_string() {
        return descriptor::parse(cursor.string()?);
    }
    cursor.skip_brackets()?;
    unsupported("structured arrays (with named fields) are not supported yet")
}

fn read_order(cursor: &mut Cursor<'_>) -> Parsed<Order> {
    Ok(if cursor.boolean()? { Order::F } else { Order::C })
}

fn read_shape(cursor: &mut Cursor<'_>) -> Parsed<Shape> {
    if !cursor.eat(b'(') {
        return cursor.unexpected("a shape such as (3, 4)");
    }
    let mut shape = Shape::new();
    while !cursor.eat(b')') {
        if shape.len() == MAX_NDIM {
            return malformed(format!("the shape has more than {MAX_NDIM} dimensions"));
        }
        shape.push(cursor.length()?);
        // One length in brackets is a tuple only with a comma.
        if !cursor.eat(b',') && (shape.len() == 1 || cursor.peek() != Some(b')')) {
            return cursor.unexpected("','");
        }
    }
    Ok(shape)
}

/// The header that `np.save` writes for a C-contiguous array in the machine's byte order. Shapes have at most 64
/// lengths of 20 digits, so that version 1.0 always has room.
pub(crate) fn write(dtype: DType, shape: &[usize]) -> Vec<u8> {
    let lengths = match shape {
        [one] => format!("({one},)"),
        many => format!("({})", many.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")),
    };
    let mut dict =
        format!("{{'descr': '{}', 'fortran_order': False, 'shape': {lengths}, }}", descriptor::native(dtype));
    if let Some(first) = shape.first() {
        let room = GROWTH_DIGITS.saturating_sub(first.to_string().len());
        dict.extend(std::iter::repeat_n(' ', room));
    }
    let start = MAGIC.len() + 4;
    // NumPy pads by a whole unit where none is needed.
    let padding = ALIGNMENT - (start + dict.len() + 1) % ALIGNMENT;
    let length = dict.len() + padding + 1;
    let mut header = MAGIC.to_vec();
    header.extend([1, 0]);
    header.extend((length as u16).to_le_bytes());
    header.extend(dict.bytes());
    header.extend(std::iter::repeat_n(b' ', padding));
    header.push(b'\n');
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Headers that NumPy wrote, one a line: dtype, lengths, the header's size, its dict.
    const NUMPYS: &str = include_str!("../../tests/data/headers.txt");

    #[test]
    fn headers_are_numpys_for_many_shapes() {
        for line in NUMPYS.lines() {
            let fields: Vec<&str> = line.split('|').collect();
            let dtype = DType::from_name(fields[0]).unwrap();
            let lengths = fields[1].split(',').filter(|length| !length.is_empty());
            let shape: Vec<usize> = lengths.map(|length| length.parse().unwrap()).collect();
            let header = write(dtype, &shape);
            assert_eq!(header.len().to_string(), fields[2], "{line}");
            assert_eq!(header.last(), Some(&b'\n'));
            let prefix = Prefix::parse(&header[..PREFIX]).unwrap();
            assert_eq!((prefix.version, prefix.data()), (1, header.len() as u64));
            let dict = std::str::from_utf8(&header[prefix.start..]).unwrap();
            assert_eq!(dict.trim_end(), fields[3..].join("|"));
            let parsed = Header::parse(dict.as_bytes(), 1).unwrap();
            assert_eq!((parsed.dtype, parsed.shape.as_slice(), parsed.order), (dtype, shape.as_slice(), Order::C));
        }
    }
}
