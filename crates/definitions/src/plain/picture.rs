//! The course of a definition as a picture (SVG): boxes in layers, lines with the outcomes on them, returns at the left.

use kernel::Text;

use super::{
    Called, Language,
    layout::{Line, Plan, Spot, plan},
    words::{list, outcome},
};
use crate::model::{Definition, Who};

const WIDTH: i32 = 220;
const HEIGHT: i32 = 58;
const ACROSS: i32 = 280;
const DOWN: i32 = 120;
const LEFT: i32 = 90;
const TOP: i32 = 60;

/// The picture: a whole SVG document, readable without style or script.
pub fn picture(definition: &Definition, called: &dyn Called, language: Language) -> String {
    let plan = plan(definition);
    let columns = plan.spots.iter().map(|spot| spot.column + 1).max().unwrap_or(1);
    let rows = plan.spots.iter().map(|spot| spot.row + 1).max().unwrap_or(1);
    let (width, height) = (LEFT + number(columns) * ACROSS + 20, TOP + number(rows) * DOWN);
    let title = escaped(language.of(&definition.term));
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         role=\"img\" font-family=\"system-ui, 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif\">\n\
         <title>{title}</title>\n\
         <defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\">\
         <path d=\"M0 0 8 4 0 8z\" fill=\"#3d5a80\"/></marker></defs>\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n\
         <text x=\"{LEFT}\" y=\"30\" font-size=\"20\" font-weight=\"600\" fill=\"#1b2a3a\">{title}</text>\n"
    );
    for line in &plan.lines {
        svg.push_str(&drawn(&plan, line, language));
    }
    for spot in &plan.spots {
        svg.push_str(&boxed(spot, &who(definition, called, &spot.step.by.who), language));
    }
    svg.push_str("</svg>\n");
    svg
}

fn number(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX / 1000)
}

fn corner(spot: &Spot<'_>) -> (i32, i32) {
    (LEFT + number(spot.column) * ACROSS, TOP + number(spot.row) * DOWN)
}

fn who(definition: &Definition, called: &dyn Called, by: &Who) -> Text {
    match by {
        Who::Post(posts) => list(posts.iter().map(|post| called.who(post)), "/", " / "),
        Who::Body(body) => called.who(body),
        Who::Resident(kind) => called.who(kind),
        Who::MatterBody => Text::new("按事项由规定的会议", "the meeting that the matter asks for"),
        Who::Tier(role) => {
            let of_tiers = definition.tiers.iter().filter_map(|tier| tier.roles.get(role));
            list(of_tiers.map(|by| who(definition, called, by)), "/", " / ")
        }
        Who::System(_) => Text::new("自动", "by itself"),
    }
}

fn boxed(spot: &Spot<'_>, who: &Text, language: Language) -> String {
    let (x, y) = corner(spot);
    let (fill, dash) =
        if spot.beside { ("#f6f7f9", " stroke-dasharray=\"5 4\"") } else { ("#eaf1f8", "") };
    let name = escaped(language.of(&spot.step.name));
    // a clock: it has to be done in time
    let clock = if spot.step.missed.is_some() {
        let (cx, cy) = (x + WIDTH - 16, y + 16);
        format!(
            "<circle cx=\"{cx}\" cy=\"{cy}\" r=\"7\" fill=\"#ffffff\" stroke=\"#8a3b12\"/>\
             <path d=\"M{cx} {} V{cy} H{}\" fill=\"none\" stroke=\"#8a3b12\"/>",
            cy - 5,
            cx + 4,
        )
    } else {
        String::new()
    };
    let who = escaped(&fitted(language.of(who), 34));
    let middle = x + WIDTH / 2;
    format!(
        "<rect x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"8\" fill=\"{fill}\" stroke=\"#3d5a80\"{dash}/>\
         <text x=\"{middle}\" y=\"{}\" font-size=\"15\" font-weight=\"600\" text-anchor=\"middle\" fill=\"#1b2a3a\">{name}</text>\
         <text x=\"{middle}\" y=\"{}\" font-size=\"12\" text-anchor=\"middle\" fill=\"#44566c\">{who}</text>{clock}\n",
        y + 25,
        y + 45,
    )
}

/// A line with what leads along it: straight down to the next row, round the right past others, round the left back up.
fn drawn(plan: &Plan<'_>, line: &Line, language: Language) -> String {
    let (Some(from), Some(to)) = (plan.spots.get(line.from), plan.spots.get(line.to)) else {
        return String::new();
    };
    let ((fx, fy), (tx, ty)) = (corner(from), corner(to));
    let (path, label) = if line.beside {
        if from.row == to.row && to.column > from.column + 1 {
            // over what stands between
            let (x1, x2, over) = (fx + WIDTH - 30, tx + 30, fy - 18);
            (format!("M{x1} {fy} V{over} H{x2} V{ty}"), ((x1 + x2) / 2, over))
        } else if from.row == to.row {
            let y = fy + HEIGHT / 2;
            (format!("M{} {y} H{tx}", fx + WIDTH), ((fx + WIDTH + tx) / 2, y - 6))
        } else {
            let (x, y) = (fx + WIDTH / 2, ty);
            (format!("M{x} {} V{y}", fy + HEIGHT), (x, (fy + HEIGHT + y) / 2))
        }
    } else if to.row == from.row + 1 {
        let (x1, y1, x2) = (fx + WIDTH / 2, fy + HEIGHT, tx + WIDTH / 2);
        let bend = (y1 + ty) / 2;
        (format!("M{x1} {y1} C{x1} {bend} {x2} {bend} {x2} {ty}"), ((x1 + x2) / 2, bend + 4))
    } else if to.row > from.row {
        let (x1, x2) = (fx + WIDTH, tx + WIDTH);
        let out = x1.max(x2) + 18 + 10 * number(to.row - from.row);
        let (y1, y2) = (fy + HEIGHT / 2, ty + HEIGHT / 2);
        (format!("M{x1} {y1} C{out} {y1} {out} {y2} {x2} {y2}"), (out - 8, (y1 + y2) / 2))
    } else if to.column > from.column && to.row < from.row {
        let (x1, y1, x2, y2) = (fx + WIDTH, fy + HEIGHT / 2 + 8, tx + WIDTH / 2 + 30, ty + HEIGHT);
        (format!("M{x1} {y1} C{x2} {y1} {x2} {y1} {x2} {y2}"), ((x1 + x2) / 2, y1 - 6))
    } else {
        let out = fx.min(tx) - 30 - 10 * number(from.row - to.row).min(4);
        let (y1, y2) = (fy + HEIGHT / 2 + 6, ty + HEIGHT / 2 + 6);
        (format!("M{fx} {y1} C{out} {y1} {out} {y2} {tx} {y2}"), (out + 20, (y1 + y2) / 2))
    };
    let dash = if line.beside { " stroke-dasharray=\"5 4\"" } else { "" };
    let mut svg = format!(
        "<path d=\"{path}\" fill=\"none\" stroke=\"#3d5a80\" stroke-width=\"1.5\"{dash} marker-end=\"url(#tip)\"/>\n"
    );
    if !line.outcomes.is_empty() {
        let words = list(line.outcomes.iter().map(|of| outcome(from.step, of)), "、", ", ");
        let (x, y) = label;
        svg.push_str(&format!(
            "<text x=\"{x}\" y=\"{y}\" font-size=\"12\" text-anchor=\"middle\" fill=\"#8a3b12\" stroke=\"#ffffff\" \
             stroke-width=\"4\" paint-order=\"stroke\">{}</text>\n",
            escaped(language.of(&words))
        ));
    }
    svg
}

/// A text of at most so many Latin letters' width; a Chinese character is two.
fn fitted(text: &str, most: usize) -> String {
    let mut width = 0;
    let mut fitted = String::new();
    for letter in text.chars() {
        width += if letter.is_ascii() { 1 } else { 2 };
        if width > most {
            fitted.push('…');
            break;
        }
        fitted.push(letter);
    }
    fitted
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
