//! Headers that mean harm: each gives an error that names the file, and none a panic or a large allocation.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::disallowed_methods)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;

use numtile_core::{Error, Result, Source};
use numtile_storage::testing::TemporaryDirectory;
use numtile_storage::{OpenOptions, open};
use proptest::prelude::*;

/// Remembers the largest allocation of each thread.
struct Watching;

thread_local! {
    static LARGEST: Cell<usize> = const { Cell::new(0) };
}

/// Opens a file and checks that nothing large was allocated for it.
fn open_watched(path: &Path) -> Result<Arc<dyn Source>> {
    LARGEST.set(0);
    let opened = open(path, &OpenOptions::default());
    assert!(LARGEST.get() < LARGE);
    opened
}

// SAFETY: everything is passed on to the system's allocator.
unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LARGEST.set(LARGEST.get().max(layout.size()));
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, start: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(start, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Watching = Watching;

/// Headers may take 1 MiB; nothing else needs more.
const LARGE: usize = 2 << 20;

/// A file of version 1.0 with this dict and some data.
fn file(dict: &str) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((dict.len() as u16).to_le_bytes());
    bytes.extend(dict.bytes());
    bytes.extend([0; 64]);
    bytes
}

/// A good dict with one value changed.
fn shape(shape: &str) -> Vec<u8> {
    file(&format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}\n"))
}

fn descr(descr: &str) -> Vec<u8> {
    file(&format!("{{'descr': {descr}, 'fortran_order': False, 'shape': (2,), }}\n"))
}

fn fortran(order: &str) -> Vec<u8> {
    file(&format!("{{'descr': '<f8', 'fortran_order': {order}, 'shape': (2,), }}\n"))
}

fn refusal(path: &Path) -> String {
    match open_watched(path) {
        Ok(source) => panic!("opened: {source:?}"),
        Err(error @ (Error::Format { .. } | Error::NotImplemented(_))) => error.to_string(),
        Err(error) => panic!("{error:?}"),
    }
}

#[test]
fn hostile_headers() {
    let good = shape("(2,)");
    let deep = format!("[{}]", "[".repeat(60_000));
    let cases: Vec<(Vec<u8>, &str)> = vec![
        // Prefixes.
        (good[..4].to_vec(), "ends inside the .npy header"),
        (good[..6].to_vec(), "ends inside the .npy header"),
        (good[..7].to_vec(), "ends inside the .npy header"),
        (good[..9].to_vec(), "ends inside the .npy header"),
        (good[..10].to_vec(), "is truncated: the .npy header should end at byte"),
        (good[..40].to_vec(), "is truncated: the .npy header should end at byte"),
        (b"\x93NUMPX\x01\x00v\x00".to_vec(), "is not in a format that numtile knows"),
        (b"\x93NUMPY\x00\x00v\x00".to_vec(), "version 0.0"),
        (b"\x93NUMPY\x01\x01v\x00".to_vec(), "version 1.1"),
        (b"\x93NUMPY\x04\x00v\x00\x00\x00".to_vec(), "version 4.0"),
        (b"\x93NUMPY\xff\xff\xff\xff\xff\xff".to_vec(), "version 255.255"),
        (b"\x93NUMPY\x02\x00\xff\xff\xff\xff{".to_vec(), "has a header of 4294967295 bytes"),
        (b"\x93NUMPY\x03\x00\x01\x00\x10\x00{".to_vec(), "has a header of 1048577 bytes"),
        (b"\x93NUMPY\x02\x00\x00\x00\x10\x00{".to_vec(), "is truncated"),
        (b"\x93NUMPY\x02\x00\x00\x00".to_vec(), "ends inside the .npy header"),
        (b"\x93NUMPY\x01\x00\x00\x00".to_vec(), "ends where '{' should be"),
        // Dicts.
        (file(""), "ends where '{' should be"),
        (file("{"), "ends where a string should be"),
        (file("{}"), "lacks the key 'descr'"),
        (file("[]"), "where '{' should be"),
        (file("{'descr': '<f8', 'fortran_order': False}"), "lacks the key 'shape'"),
        (file("{'descr': '<f8', 'shape': (2,)}"), "lacks the key 'fortran_order'"),
        (file("{'fortran_order': False, 'shape': (2,)}"), "lacks the key 'descr'"),
        (file("{'descr': '<f8', 'fortran_order': False, 'shape': (2,), 'x': 1}"), "unknown key 'x'"),
        (file("{'descr': '<f8', 'fortran_order': False, 'shape': (2,), 'shape': (2,)}"), "the key 'shape' twice"),
        (file("{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (2,)}"), "the key 'descr' twice"),
        (file("{'descr': '<f8' 'fortran_order': False, 'shape': (2,)}"), "where ',' or '}' should be"),
        (file("{'descr' '<f8', 'fortran_order': False, 'shape': (2,)}"), "where ':' should be"),
        (file("{'descr': '<f8', 'fortran_order': False, 'shape': (2,)"), "ends where ',' or '}' should be"),
        (file("{'descr': '<f8', 'fortran_order': False, 'shape': (2,)}}"), "where its end should be"),
        (file("{'descr': '<f8', 'fortran_order': False, 'shape': (2,)}; print()"), "where its end should be"),
        (file("{'descr\\x20': '<f8'}"), "a string without escapes"),
        (file("{'descr': '<f8"), "a string without escapes"),
        (file("{,}"), "where a string should be"),
        (file("{'descr': '<f8',, }"), "where a string should be"),
        (file("{**{}}"), "where a string should be"),
        (file("{'größe': 1}"), "unknown key 'gr\\xc3\\xb6\\xc3\\x9fe'"),
        (file("é{}"), "where '{' should be"),
        (file("\0\0\0\0"), "where '{' should be"),
        (file(&"{".repeat(60_000)), "where a string should be"),
        (file(&"'".repeat(60_000)), "where '{' should be"),
        // Shapes.
        (shape("(-1,)"), "negative length -1"),
        (shape("(3, -9223372036854775808)"), "negative length"),
        (shape("(9,)"), "is truncated: expected 72 bytes of data, found 64"),
        (shape("(1000000000000,)"), "is truncated: expected 8000000000000 bytes of data"),
        (shape("(9223372036854775807,)"), "is too big for an array of float64"),
        (shape("(4294967296, 4294967296)"), "is too big for an array of float64"),
        (shape("(0, 4294967296, 4294967296)"), "is too big for an array of float64"),
        (shape("(18446744073709551616,)"), "the length 18446744073709551616 in the shape is too big"),
        (shape(&format!("({},)", "9".repeat(50_000))), "in the shape is too big"),
        (shape(&format!("({})", "1,".repeat(65))), "more than 64 dimensions"),
        (shape(&format!("({})", "1,".repeat(20_000))), "more than 64 dimensions"),
        (shape("(2)"), "where ',' should be"),
        (shape("2"), "where a shape such as (3, 4) should be"),
        (shape("[2]"), "where a shape such as (3, 4) should be"),
        (shape("None"), "where a shape such as (3, 4) should be"),
        (shape("(,)"), "where an integer should be"),
        (shape("(2,,)"), "where an integer should be"),
        (shape("(2 3)"), "where ',' should be"),
        (shape("(1.5,)"), "where ',' should be"),
        (shape("(1e3,)"), "where an integer should be"),
        (shape("(0x10,)"), "where an integer should be"),
        (shape("(010,)"), "where an integer should be"),
        (shape("(1_0,)"), "where an integer should be"),
        (shape("(True,)"), "where an integer should be"),
        (shape("('2',)"), "where an integer should be"),
        (shape("(L,)"), "where an integer should be"),
        (shape("((2,),)"), "where an integer should be"),
        (shape("(2,"), "where an integer should be"),
        (shape("(__import__('os').system('true'),)"), "where an integer should be"),
        // Orders.
        (fortran("1"), "where True or False should be"),
        (fortran("true"), "where True or False should be"),
        (fortran("'False'"), "where True or False should be"),
        (fortran("FalseFalse"), "where True or False should be"),
        // Element types.
        (descr("''"), "the dtype descriptor '' is not understood"),
        (descr("'<'"), "is not understood"),
        (descr("'<f7'"), "is not understood"),
        (descr("'<f99999999999999999999'"), "is not understood"),
        (descr("'<<f8'"), "is not understood"),
        (descr("'<f8é'"), "is not understood"),
        (descr("'i8, f8'"), "is not understood"),
        (descr("'|O'"), "reading them would execute code"),
        (descr("'|O8'"), "reading them would execute code"),
        (descr("'O'"), "reading them would execute code"),
        (descr("'|S10'"), "arrays of strings"),
        (descr("'<M8[ns]'"), "dates and time differences"),
        (descr("'|V16'"), "void"),
        (descr("'<c32'"), "long doubles"),
        (descr("None"), "where a dtype descriptor should be"),
        (descr("8"), "where a dtype descriptor should be"),
        (descr("b'<f8'"), "where a dtype descriptor should be"),
        (descr("[('a', '<f8'), ('b', '|O')]"), "structured arrays"),
        (descr("('<f8', (2, 3))"), "structured arrays"),
        (descr("[('a', '<f8')"), "where a dtype descriptor should be"),
        (descr("[('a', '<f8'])"), "where a dtype descriptor should be"),
        (descr("[__import__('os')"), "where a dtype descriptor should be"),
        (descr(&deep), "nests brackets too deeply"),
    ];
    assert!(cases.len() >= 40);
    let directory = TemporaryDirectory::new().unwrap();
    for (number, (bytes, words)) in cases.iter().enumerate() {
        let path = directory.write("hostile.npy", bytes).unwrap();
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(120)]).into_owned();
        let message = refusal(&path);
        assert!(message.contains("hostile.npy: "), "{message}");
        assert!(message.contains(words), "case {number}: {shown}\ngives {message}\nnot {words}");
        assert!(message.len() < 400 && !message.contains('\0'), "{message}");
    }
}

#[test]
fn strange_but_good_headers() {
    let directory = TemporaryDirectory::new().unwrap();
    for bytes in [
        shape("(2,)"),
        shape("(2 , )"),
        shape("(1,2,)"),
        shape("( 1\n,\t2 )"),
        shape("()"),
        shape("(0, 5)"),
        shape("(2L, 1L)"),
        shape("(-0,)"),
        descr("u'<f8'"),
        descr("\"f8\""),
        descr("'float64'"),
        descr("'|b1'"),
        fortran("True"),
        file(" {'shape':(2,),\"descr\":'=f8','fortran_order':False}\r\n"),
    ] {
        let path = directory.write("good.npy", &bytes).unwrap();
        open_watched(&path).unwrap();
    }
}

/// Bits of dicts, so that random ones are sometimes nearly right.
const PIECES: [&str; 22] = [
    "{",
    "}",
    "'descr'",
    "'shape'",
    "'fortran_order'",
    ":",
    ",",
    " ",
    "'<f8'",
    "'|O'",
    "True",
    "False",
    "(",
    ")",
    "[",
    "]",
    "3",
    "-1",
    "99999999999999999999",
    "L",
    "\\",
    "'",
];

fn dict() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES.as_slice()), 0..40).prop_map(|pieces| pieces.concat())
}

/// A byte overwritten, put in or taken out, at a place in the file.
fn mutation() -> impl Strategy<Value = (prop::sample::Index, u8, u8)> {
    (any::<prop::sample::Index>(), any::<u8>(), 0..4u8)
}

fn mutate(bytes: &mut Vec<u8>, (place, byte, how): (prop::sample::Index, u8, u8)) {
    if bytes.is_empty() {
        return;
    }
    let at = place.index(bytes.len());
    match how {
        0 => bytes[at] = byte,
        1 => bytes.insert(at, byte),
        2 => drop(bytes.remove(at)),
        _ => bytes[at] = b" '\"(){}[],:0123456789L<>|=-"[usize::from(byte) % 27],
    }
}

/// Opening may succeed or not, but must stay inside the file and say what is wrong in terms of it.
fn survives(bytes: &[u8]) {
    let directory = TemporaryDirectory::new().unwrap();
    let path = directory.write("random.npy", bytes).unwrap();
    match open_watched(&path) {
        Ok(source) => {
            let (low, high) = source.layout().span(source.dtype().size()).unwrap_or((0, 0));
            assert!(low >= 0 && high <= bytes.len() as i64);
        }
        Err(error) => assert!(error.to_string().contains("random.npy: "), "{error}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_headers(changes in prop::collection::vec(mutation(), 1..6), cut in any::<prop::sample::Index>()) {
        let mut bytes = shape("(2, 3)");
        changes.into_iter().for_each(|change| mutate(&mut bytes, change));
        survives(&bytes);
        survives(&bytes[..cut.index(bytes.len() + 1)]);
    }

    #[test]
    fn random_dicts(dict in dict()) {
        survives(&file(&dict));
    }

    #[test]
    fn random_bytes(dict in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((dict.len() as u16).to_le_bytes());
        bytes.extend(dict);
        survives(&bytes);
    }
}
