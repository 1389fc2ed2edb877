//! A plan as a picture: SVG that stands alone.
//!
//! Passes from top to bottom, what each reads from files and memory on its left, results on its right, and between passes
//! what is held for later ones. It brings its own paper, so that it can be read on light and dark pages, and names nothing outside.

use std::fmt::{self, Write};

use numtile_core::shape;

use super::description::{DescribedHeld, DescribedPass, Description, join_names};
use super::explain::{bytes, grouped, headline, measured, rehearsal};

/// Sources, results and held results shown of each at most.
const MOST_SHOWN: usize = 8;
/// Lines of operations at most.
const MOST_LINES: usize = 3;

const MARGIN: usize = 20;
/// Width of the columns of sources and of results.
const SIDE: usize = 224;
/// Width of the column of passes.
const MIDDLE: usize = 408;
/// Width of the gaps, through which arrows lead.
const GAP: usize = 32;
const WIDTH: usize = 2 * MARGIN + 2 * SIDE + MIDDLE + 2 * GAP;
/// Where the columns begin.
const PASSES: usize = MARGIN + SIDE + GAP;
const RESULTS: usize = PASSES + MIDDLE + GAP;
const LINE: usize = 17;
const PADDING: usize = 10;
/// Width of a character of a fixed-width font, in hundredths of its size.
const CHARACTER: usize = 61;
const SIZE: usize = 12;
const SMALL: usize = 11;

const STYLE: &str = "\
.numtile-plan{background:#fff;color-scheme:light dark}\
.numtile-plan text{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:12px;fill:#1f2328}\
.numtile-plan .small{font-size:11px;fill:#59636e}\
.numtile-plan .strong{font-weight:600}\
.numtile-plan .paper{fill:#fff}\
.numtile-plan .source{fill:#f6f8fa;stroke:#8c959f}\
.numtile-plan .pass{fill:#ddf4ff;stroke:#54aeff}\
.numtile-plan .result{fill:#dafbe1;stroke:#4ac26b}\
.numtile-plan .arrow{fill:none;stroke:#59636e;stroke-width:1.5}\
.numtile-plan .head{fill:#59636e}\
@media (prefers-color-scheme:dark){\
.numtile-plan{background:#0d1117}\
.numtile-plan text{fill:#e6edf3}\
.numtile-plan .small{fill:#b1bac4}\
.numtile-plan .paper{fill:#0d1117}\
.numtile-plan .source{fill:#21262d;stroke:#6e7681}\
.numtile-plan .pass{fill:#0c2d6b;stroke:#388bfd}\
.numtile-plan .result{fill:#033a16;stroke:#2ea043}\
.numtile-plan .arrow{stroke:#b1bac4}\
.numtile-plan .head{fill:#b1bac4}}";

/// The picture of a plan, as the text of an SVG file.
pub fn picture(plan: &Description) -> String {
    let mut canvas = Canvas::default();
    // Writing to a String cannot fail.
    let _ = draw(&mut canvas, plan);
    canvas.finish(&headline(plan))
}

fn draw(canvas: &mut Canvas, plan: &Description) -> fmt::Result {
    canvas.y = MARGIN;
    canvas.line(MARGIN, WIDTH - 2 * MARGIN, &Line::strong(headline(plan)))?;
    if plan.scratch_bytes > 0 {
        canvas.line(
            MARGIN,
            WIDTH - 2 * MARGIN,
            &Line::small(format!("scratch: {} at most", bytes(plan.scratch_bytes))),
        )?;
    }
    canvas.y += PADDING;
    for number in 0..plan.passes.len() {
        if number > 0 {
            between(canvas, plan, number)?;
        }
        row(canvas, plan, number)?;
    }
    if let Some(said) = rehearsal(plan) {
        canvas.y += PADDING;
        canvas.line(MARGIN, WIDTH - 2 * MARGIN, &Line::small(said))?;
    }
    canvas.y += MARGIN / 2;
    Ok(())
}

/// A pass with what it reads and makes.
fn row(canvas: &mut Canvas, plan: &Description, number: usize) -> fmt::Result {
    let pass = &plan.passes[number];
    let (sources, lines, results) = (source_lines(plan, pass), pass_lines(plan, number), result_lines(plan, number));
    let height = |lines: &[Line]| lines.len() * LINE + 2 * PADDING;
    let tallest = [&sources, &lines, &results].into_iter().map(|lines| height(lines)).max().unwrap_or(0);
    let (top, middle) = (canvas.y, canvas.y + tallest / 2);
    let place = |canvas: &mut Canvas, class: &str, x: usize, width: usize, lines: &[Line]| {
        canvas.y = top + (tallest - height(lines)) / 2;
        canvas.cell(class, x, width, lines)
    };
    place(canvas, "pass", PASSES, MIDDLE, &lines)?;
    if !sources.is_empty() {
        place(canvas, "source", MARGIN, SIDE, &sources)?;
        canvas.arrow_right(MARGIN + SIDE, PASSES, middle)?;
    }
    if !results.is_empty() {
        place(canvas, "result", RESULTS, SIDE, &results)?;
        canvas.arrow_right(PASSES + MIDDLE, RESULTS, middle)?;
    }
    // The pass may be lower than its neighbours: its stubs of arrows begin and end at the row.
    let (above, below) = (top + (tallest - height(&lines)) / 2, top + (tallest + height(&lines)) / 2);
    if number > 0 && above > top {
        canvas.stroke(PASSES + MIDDLE / 2, top, above)?;
    }
    if number + 1 < plan.passes.len() && below < top + tallest {
        canvas.stroke(PASSES + MIDDLE / 2, below, top + tallest)?;
    }
    canvas.y = top + tallest;
    Ok(())
}

/// The arrow to pass `number`, with what is held meanwhile.
fn between(canvas: &mut Canvas, plan: &Description, number: usize) -> fmt::Result {
    let held: Vec<&DescribedHeld> =
        plan.held.iter().filter(|held| held.made_by < number && held.last_use >= number).collect();
    let shown = held.len().min(MOST_SHOWN);
    let mut lines: Vec<Line> = held[..shown].iter().map(|held| Line::small(held_text(held))).collect();
    lines.extend(more(held.len() - shown));
    let (x, top) = (PASSES + MIDDLE / 2, canvas.y);
    canvas.y += PADDING / 2;
    for line in &lines {
        canvas.line(x + PADDING, WIDTH - MARGIN - x - PADDING, line)?;
    }
    canvas.y = (canvas.y + PADDING).max(top + GAP);
    canvas.arrow_down(x, top, canvas.y)
}

fn held_text(held: &DescribedHeld) -> String {
    let place = if held.in_scratch { "scratch" } else { "memory" };
    format!("{} {} {}, {} in {place}", held.name, held.dtype, shape::display(&held.shape), bytes(held.bytes))
}

fn more(left: usize) -> Option<Line> {
    (left > 0).then(|| Line::small(format!("{} more", grouped(left as u64))))
}

fn source_lines(plan: &Description, pass: &DescribedPass) -> Vec<Line> {
    let shown = pass.sources.len().min(MOST_SHOWN);
    let mut lines = Vec::new();
    for source in pass.sources[..shown].iter().map(|&number| &plan.sources[number]) {
        let place = if source.in_memory { " in memory" } else { "" };
        lines.push(Line { from_the_end: true, ..Line::plain(source.name.clone()) });
        lines.push(Line::small(format!("{} {}", source.dtype, shape::display(&source.shape))));
        lines.push(Line::small(format!("{}{place}", bytes(source.bytes))));
    }
    lines.extend(more(pass.sources.len() - shown));
    lines
}

fn result_lines(plan: &Description, number: usize) -> Vec<Line> {
    let made: Vec<_> = plan.results.iter().enumerate().filter(|(_, result)| result.made_by == number).collect();
    let shown = made.len().min(MOST_SHOWN);
    let mut lines = Vec::new();
    for (number, result) in &made[..shown] {
        let place = if result.in_file { "to its file" } else { "to memory" };
        lines.push(Line::plain(format!("result {number}")));
        lines.push(Line::small(format!("{} {}", result.dtype, shape::display(&result.shape))));
        lines.push(Line::small(format!("{} {place}", bytes(result.bytes))));
    }
    lines.extend(more(made.len() - shown));
    lines
}

fn pass_lines(plan: &Description, number: usize) -> Vec<Line> {
    let pass = &plan.passes[number];
    let mut lines = vec![
        Line::strong(format!("pass {} of {}: over {}", number + 1, plan.passes.len(), shape::display(&pass.shape))),
        Line::plain(format!("{} tiles of {}", grouped(pass.tiles as u64), shape::display(&pass.tile))),
        Line::plain(format!("{} in flight on {} threads, peak {}", pass.in_flight, pass.threads, bytes(pass.peak))),
        Line::plain(format!("reads {}, writes {}", bytes(pass.bytes_read), bytes(pass.bytes_written))),
    ];
    lines.extend(operator_lines(pass));
    if let Some([took, busy]) = measured(pass) {
        lines.push(Line::small(format!("took {took}")));
        lines.push(Line::small(busy));
    }
    if let Some(rehearsed) = pass.rehearsed {
        let (tiles, peak) = (grouped(rehearsed.tiles as u64), bytes(rehearsed.peak));
        lines.push(Line::small(format!("rehearsed {tiles} tiles, buffers of {peak} at most")));
    }
    lines
}

/// The operations in as few lines as they take, or as there may be.
fn operator_lines(pass: &DescribedPass) -> Vec<Line> {
    let width = capacity(MIDDLE - 2 * PADDING, SIZE);
    let mut rows: Vec<String> = vec![String::new()];
    for (at, operator) in pass.operators.iter().enumerate() {
        let name = join_names(std::slice::from_ref(operator));
        let row = rows.len() - 1;
        if rows[row].is_empty() || rows[row].chars().count() + 1 + name.chars().count() <= width {
            let space = if rows[row].is_empty() { "" } else { " " };
            rows[row] = format!("{}{space}{name}", rows[row]);
        } else if rows.len() < MOST_LINES {
            rows.push(name);
        } else {
            rows.push(format!("{} more", grouped((pass.operators.len() - at) as u64)));
            break;
        }
    }
    rows.into_iter().map(Line::strong).collect()
}

/// Characters that fit so many pixels.
fn capacity(width: usize, size: usize) -> usize {
    width * 100 / (size * CHARACTER)
}

/// A line of text.
struct Line {
    text: String,
    class: &'static str,
    size: usize,
    /// Where it is too long, its end matters: a path.
    from_the_end: bool,
}

impl Line {
    fn plain(text: String) -> Line {
        Line { text, class: "", size: SIZE, from_the_end: false }
    }

    fn strong(text: String) -> Line {
        Line { class: "strong", ..Line::plain(text) }
    }

    fn small(text: String) -> Line {
        Line { class: "small", size: SMALL, ..Line::plain(text) }
    }

    /// As much of the text as fits; `None` when all does.
    fn shortened(&self, width: usize) -> Option<String> {
        let (most, length) = (capacity(width, self.size), self.text.chars().count());
        if length <= most {
            return None;
        }
        let kept = most.saturating_sub(1);
        Some(match self.from_the_end {
            true => format!("…{}", self.text.chars().skip(length - kept).collect::<String>()),
            false => format!("{}…", self.text.chars().take(kept).collect::<String>()),
        })
    }
}

/// Where the picture is drawn, from top to bottom.
#[derive(Default)]
struct Canvas {
    body: String,
    y: usize,
}

impl Canvas {
    /// A line of text below the one before.
    fn line(&mut self, x: usize, width: usize, line: &Line) -> fmt::Result {
        let baseline = self.y + SIZE;
        write!(self.body, "<text x=\"{x}\" y=\"{baseline}\"")?;
        if !line.class.is_empty() {
            write!(self.body, " class=\"{}\"", line.class)?;
        }
        match line.shortened(width) {
            Some(short) => write!(self.body, "><title>{}</title>{}", Escaped(&line.text), Escaped(&short))?,
            None => write!(self.body, ">{}", Escaped(&line.text))?,
        }
        self.y += LINE;
        self.body.write_str("</text>\n")
    }

    /// A box with lines of text in it.
    fn cell(&mut self, class: &str, x: usize, width: usize, lines: &[Line]) -> fmt::Result {
        let (top, height) = (self.y, lines.len() * LINE + 2 * PADDING);
        let rect =
            format!("<rect class=\"{class}\" x=\"{x}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" rx=\"6\"/>");
        writeln!(self.body, "{rect}")?;
        self.y += PADDING;
        lines.iter().try_for_each(|line| self.line(x + PADDING, width - 2 * PADDING, line))
    }

    fn arrow_right(&mut self, from: usize, to: usize, y: usize) -> fmt::Result {
        let (end, above, below) = (to - 7, y - 4, y + 4);
        writeln!(self.body, "<path class=\"arrow\" d=\"M{from} {y}H{end}\"/>")?;
        writeln!(self.body, "<path class=\"head\" d=\"M{to} {y}L{end} {above}V{below}Z\"/>")
    }

    fn arrow_down(&mut self, x: usize, from: usize, to: usize) -> fmt::Result {
        let (end, left, right) = (to - 7, x - 4, x + 4);
        self.stroke(x, from, end)?;
        writeln!(self.body, "<path class=\"head\" d=\"M{x} {to}L{left} {end}H{right}Z\"/>")
    }

    fn stroke(&mut self, x: usize, from: usize, to: usize) -> fmt::Result {
        writeln!(self.body, "<path class=\"arrow\" d=\"M{x} {from}V{to}\"/>")
    }

    fn finish(self, title: &str) -> String {
        let (height, title) = (self.y, Escaped(title));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"numtile-plan\" width=\"{WIDTH}\" height=\"{height}\" \
             viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{title}\">\n\
             <style>{STYLE}</style>\n<rect class=\"paper\" width=\"{WIDTH}\" height=\"{height}\"/>\n{}</svg>\n",
            self.body
        )
    }
}

/// Text between tags or in attributes. Characters that XML does not have become replacement characters.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '&' => out.write_str("&amp;"),
            '<' => out.write_str("&lt;"),
            '>' => out.write_str("&gt;"),
            '"' => out.write_str("&quot;"),
            '\'' => out.write_str("&#39;"),
            '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => {
                out.write_char(char::REPLACEMENT_CHARACTER)
            }
            c => out.write_char(c),
        })
    }
}
