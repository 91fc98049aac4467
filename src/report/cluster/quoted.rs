//! Words quoted, so that they come through a shell and YAML whole.

/// A word of a shell's command line. What controls a terminal or ends a line is spelt out, so that the word stays on
/// its line and no here-document ends in it; that spelling is bash's.
pub fn shell(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_./:@%+,-".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else if word.contains(char::is_control) {
        format!("$'{}'", word.chars().map(spelt).collect::<String>())
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

fn spelt(c: char) -> String {
    match c {
        '\n' => r"\n".to_owned(),
        '\'' | '\\' => format!("\\{c}"),
        c if c.is_control() => {
            let bytes = c.to_string().into_bytes();
            bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect::<Vec<_>>().concat()
        }
        c => c.to_string(),
    }
}

/// A command line.
pub fn shell_line(words: &[String]) -> String {
    words.iter().map(|word| shell(word)).collect::<Vec<_>>().join(" ")
}

/// A string of YAML in double quotes, on one line.
pub fn yaml(text: &str) -> String {
    let escaped = text.chars().map(|c| match c {
        '"' | '\\' => format!("\\{c}"),
        // Separators of lines, byte order marks and the like: some readers take them for ends of lines.
        c if c == ' ' || c.is_ascii_graphic() || c.is_alphanumeric() => c.to_string(),
        c => match u32::from(c) {
            code @ 0..=0xffff => format!("\\u{code:04x}"),
            code => format!("\\U{code:08x}"),
        },
    });
    format!("\"{}\"", escaped.collect::<String>())
}

/// Text for a comment: what would end its line is replaced.
pub fn shown(text: &str) -> String {
    text.replace(|c: char| c.is_control() || "\u{2028}\u{2029}".contains(c), "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use crate::report::cluster::quoted::{shell, yaml};

    #[test]
    fn words_are_quoted_where_they_must_be() {
        for (word, in_shell, in_yaml) in [
            ("firm-1/a.toml", "firm-1/a.toml", r#""firm-1/a.toml""#),
            ("", "''", r#""""#),
            ("a=b", "'a=b'", r#""a=b""#),
            ("a b", "'a b'", r#""a b""#),
            ("it's", r"'it'\''s'", r#""it's""#),
            (r#"a$b"c\"#, r#"'a$b"c\'"#, r#""a$b\"c\\""#),
            ("a\nSHARE\n'\\", r"$'a\nSHARE\n\'\\'", r#""a\u000aSHARE\u000a'\\""#),
            ("\u{85}é", r"$'\xc2\x85é'", r#""\u0085é""#),
            ("日\u{2028}🦀", "'日\u{2028}🦀'", r#""日\u2028\U0001f980""#),
        ] {
            assert_eq!(shell(word), in_shell);
            assert_eq!(yaml(word), in_yaml);
        }
    }
}
