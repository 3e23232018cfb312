//! What commands print: one door to the standard output. Who stops reading (`cunwu events tail | head`) ends the command
//! without a word, as the shell's own tools do.

use std::{
    fmt,
    io::{self, ErrorKind, Write},
};

/// What a shell reports of a program that wrote to a pipe which nobody reads: 128 + SIGPIPE. It says neither yes nor no.
const NOBODY_READS: i32 = 141;

/// Prints a line.
macro_rules! say {
    ($($what:tt)*) => {
        $crate::out::print(format_args!("{}\n", format_args!($($what)*)))
    };
}
pub(crate) use say;

/// Prints a text as it is.
pub fn print(text: fmt::Arguments<'_>) {
    let mut out = io::stdout().lock();
    match out.write_fmt(text).and_then(|()| out.flush()) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::BrokenPipe => std::process::exit(NOBODY_READS),
        Err(error) => {
            eprintln!("cunwu: cannot print: {error}");
            std::process::exit(2);
        }
    }
}

/// Prints a line that a server says of itself: it goes on also where nobody reads it.
pub fn tell(text: fmt::Arguments<'_>) {
    let _ = writeln!(io::stdout(), "{text}");
}
