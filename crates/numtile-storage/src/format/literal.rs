//! A reader for the few Python literals that `.npy` headers consist of: strings, integers, booleans, and brackets
//! around them. It allocates nothing, recurses nowhere and evaluates nothing.

use super::{Parsed, excerpt, malformed};

/// How deeply brackets may nest in a value that is only skipped.
const DEEPEST: usize = 32;

/// A position in a header.
pub(crate) struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
    /// Whether Python 2's long integers (`10L`) are tolerated.
    longs: bool,
}

impl<'a> Cursor<'a> {
    /// At the start of `text`.
    pub(crate) fn new(text: &'a [u8], longs: bool) -> Cursor<'a> {
        Cursor { text, at: 0, longs }
    }

    fn skip_space(&mut self) {
        while matches!(self.text.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r' | b'\x0c')) {
            self.at += 1;
        }
    }

    /// The next byte that is not space, not consumed.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        self.skip_space();
        self.text.get(self.at).copied()
    }

    /// Consumes `byte` if it is next.
    pub(crate) fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Consumes `byte` or fails.
    pub(crate) fn expect(&mut self, byte: u8) -> Parsed<()> {
        if self.eat(byte) { Ok(()) } else { self.unexpected(&format!("'{}'", byte.escape_ascii())) }
    }

    /// Fails because something other than `wanted` is next.
    pub(crate) fn unexpected<T>(&mut self, wanted: &str) -> Parsed<T> {
        match self.peek() {
            None => malformed(format!("the header ends where {wanted} should be")),
            Some(_) => {
                let rest = excerpt(&self.text[self.at..]);
                malformed(format!("the header has \"{rest}\" at byte {} where {wanted} should be", self.at))
            }
        }
    }

    /// Fails unless only space is left.
    pub(crate) fn end(&mut self) -> Parsed<()> {
        if self.peek().is_none() { Ok(()) } else { self.unexpected("its end") }
    }

    /// True when a string literal is next.
    pub(crate) fn at_string(&mut self) -> bool {
        self.peek();
        matches!(self.text.get(self.at..), Some([b'\'' | b'"', ..] | [b'u', b'\'' | b'"', ..]))
    }

    /// A string literal without escapes.
    pub(crate) fn string(&mut self) -> Parsed<&'a [u8]> {
        if !self.at_string() {
            return self.unexpected("a string");
        }
        if self.text[self.at] == b'u' {
            self.at += 1;
        }
        let (quote, start) = (self.text[self.at], self.at + 1);
        let length = self.text[start..].iter().position(|&b| b == quote || b == b'\\' || b < b' ');
        match length.map(|length| &self.text[start..start + length]) {
            Some(string) if self.text[start + string.len()] == quote => {
                self.at = start + string.len() + 1;
                Ok(string)
            }
            _ => self.unexpected("a string without escapes or line breaks"),
        }
    }

    /// A name such as `True`.
    fn word(&mut self) -> &'a [u8] {
        self.skip_space();
        let rest = &self.text[self.at..];
        let length = rest.iter().position(|b| !b.is_ascii_alphanumeric() && *b != b'_').unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    /// `True` or `False`.
    pub(crate) fn boolean(&mut self) -> Parsed<bool> {
        self.skip_space();
        let start = self.at;
        match self.word() {
            b"True" => Ok(true),
            b"False" => Ok(false),
            _ => {
                self.at = start;
                self.unexpected("True or False")
            }
        }
    }

    /// A length: a decimal integer that is not negative and fits the machine.
    pub(crate) fn length(&mut self) -> Parsed<usize> {
        let negative = self.eat(b'-');
        let start = self.at;
        let digits = match self.word() {
            [digits @ .., b'L'] if self.longs => digits,
            word => word,
        };
        let plain = digits.iter().all(u8::is_ascii_digit) && !matches!(digits, [] | [b'0', _, ..]);
        if !plain {
            self.at = start;
            return self.unexpected("an integer");
        }
        if negative && digits != b"0" {
            return malformed(format!("the shape has the negative length -{}", excerpt(digits)));
        }
        let value =
            digits.iter().try_fold(0usize, |n, digit| n.checked_mul(10)?.checked_add(usize::from(digit - b'0')));
        value.map_or_else(|| malformed(format!("the length {} in the shape is too big", excerpt(digits))), Ok)
    }

    /// Passes over one bracketed value of any kind.
    pub(crate) fn skip_brackets(&mut self) -> Parsed<()> {
        let mut open = [0u8; DEEPEST];
        let mut depth = 0;
        loop {
            match self.peek() {
                Some(bracket @ (b'(' | b'[' | b'{')) => {
                    if depth == DEEPEST {
                        return malformed("the header nests brackets too deeply");
                    }
                    open[depth] = bracket;
                    depth += 1;
                    self.at += 1;
                }
                Some(bracket @ (b')' | b']' | b'}')) if depth > 0 && closes(open[depth - 1], bracket) => {
                    depth -= 1;
                    self.at += 1;
                }
                Some(b',' | b':' | b'-' | b'+' | b'.') if depth > 0 => self.at += 1,
                Some(_) if depth > 0 && self.at_string() => {
                    self.string()?;
                }
                Some(b) if depth > 0 && (b.is_ascii_alphanumeric() || b == b'_') => {
                    self.word();
                }
                _ => return self.unexpected("a dtype descriptor"),
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }
}

fn closes(open: u8, close: u8) -> bool {
    matches!((open, close), (b'(', b')') | (b'[', b']') | (b'{', b'}'))
}
