//! A plan in words and numbers.

use std::fmt;

use numtile_core::shape;

use super::description::{DescribedPass, Description};

/// Bytes in decimal units, as budgets are written.
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 6] = ["B", "kB", "MB", "GB", "TB", "PB"];
    let mut value = n as f64;
    let mut unit = 0;
    while value >= 999.95 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    if unit == 0 { format!("{n} B") } else { format!("{value:.1} {}", UNITS[unit]) }
}

/// A whole number with its thousands apart.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Seconds in a few characters.
pub fn seconds(s: f64) -> String {
    match s {
        s if s < 0.0995 => format!("{:.1} ms", s * 1e3),
        s if s < 99.5 => format!("{s:.2} s"),
        s => format!("{s:.0} s"),
    }
}

/// The text that `nt.explain` shows.
impl fmt::Display for Description {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{}", headline(self))?;
        if self.scratch_bytes > 0 {
            writeln!(out, "scratch: {} at most", bytes(self.scratch_bytes))?;
        }
        for (number, pass) in self.passes.iter().enumerate() {
            write_pass(out, number, pass)?;
        }
        for (number, result) in self.results.iter().enumerate() {
            let place = if result.in_file { "written to its file" } else { "delivered in memory, outside the budget" };
            let dims = shape::display(&result.shape);
            writeln!(out, "result {number}: {} {dims}, {}, {place}", result.dtype, bytes(result.bytes))?;
        }
        if let Some(said) = rehearsal(self) {
            writeln!(out, "{said}")?;
        }
        Ok(())
    }
}

/// `"2 passes, reads 3.2 GB, writes 1.6 GB, projected peak 200.0 MB of 256.0 MB budget"`.
pub fn headline(plan: &Description) -> String {
    let passes = if plan.passes.len() == 1 { "1 pass".to_string() } else { format!("{} passes", plan.passes.len()) };
    format!(
        "{passes}, reads {}, writes {}, projected peak {} of {} budget",
        bytes(plan.bytes_read()),
        bytes(plan.bytes_written()),
        bytes(plan.projected_peak),
        bytes(plan.budget)
    )
}

fn write_pass(out: &mut fmt::Formatter<'_>, number: usize, pass: &DescribedPass) -> fmt::Result {
    writeln!(
        out,
        "pass {}: over {} in {} tiles of {}, {} in flight on {} threads, {}",
        number + 1,
        shape::display(&pass.shape),
        pass.tiles,
        shape::display(&pass.tile),
        pass.in_flight,
        pass.threads,
        bytes(pass.peak)
    )?;
    for (verb, what) in &pass.steps {
        writeln!(out, "  {verb:<6} {what}")?;
    }
    if let Some([took, busy]) = measured(pass) {
        writeln!(out, "  took   {took}; {busy}")?;
    }
    Ok(())
}

/// What a pass took when it ran, in two parts.
pub fn measured(pass: &DescribedPass) -> Option<[String; 2]> {
    let ran = pass.measured?;
    let took = format!("{}, read {}, wrote {}", seconds(ran.seconds), bytes(ran.bytes_read), bytes(ran.bytes_written));
    let [reading, computing, writing] = [ran.reading, ran.computing, ran.writing].map(seconds);
    Some([took, format!("busy: reading {reading}, computing {computing}, writing {writing}")])
}

/// What a rehearsal of all passes found.
pub fn rehearsal(plan: &Description) -> Option<String> {
    let passes = || plan.passes.iter().filter_map(|pass| pass.rehearsed);
    let reserved = passes().map(|rehearsed| rehearsed.reserved).max()?;
    let peak = passes().map(|rehearsed| rehearsed.peak).max()?;
    let (walked, tiles) = (passes().map(|r| r.tiles as u64).sum(), plan.passes.iter().map(|p| p.tiles as u64).sum());
    let how_many = if walked == tiles {
        format!("all {} tiles", grouped(tiles))
    } else {
        format!("{} of {} tiles", grouped(walked), grouped(tiles))
    };
    Some(format!("rehearsed: {how_many}, buffers of {} at most, {} reserved for them", bytes(peak), bytes(reserved)))
}
