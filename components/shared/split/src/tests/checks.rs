//! What a reader of a part checks, without knowing how it was made.

/// Panics unless the part stands on its own: its fences and fonts are closed, and it begins with its number.
pub fn stands_alone(part: &str, number: usize, count: usize) {
    assert!(part.starts_with(&format!("({number}/{count})")), "{part}");
    let (mut fence, mut fonts) = (None, 0_i32);
    for line in part.lines() {
        let trimmed = line.trim();
        let row: String = trimmed.chars().take_while(|character| matches!(character, '`' | '~')).collect();
        match &fence {
            None if row.len() >= 3 => fence = Some(row),
            Some(opened) if trimmed == *opened => fence = None,
            Some(_) => {}
            None => {
                for (index, _) in line.match_indices('<') {
                    let (_, tag) = line.split_at(index);
                    fonts += i32::from(tag.starts_with("<font ")) - i32::from(tag.starts_with("</font>"));
                    assert!((0..=1).contains(&fonts), "{part}");
                    assert!(tag.find('>').is_some(), "a tag is cut: {part}");
                }
            }
        }
    }
    assert_eq!((fence, fonts), (None, 0), "{part}");
}
