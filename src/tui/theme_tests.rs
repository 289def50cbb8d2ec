//! Tests of the themes.

use super::super::colour::{contrast, rgb};
use super::*;

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn fault(name: &str, files: &[(&str, &str)]) -> String {
    let folder = folder(files);
    let error = Theme::load(name, Some(folder.path()))
        .unwrap_err()
        .to_string();
    error.replace(&format!("{}/", folder.path().display()), "")
}

#[test]
fn every_embedded_theme_is_whole() {
    for name in Theme::names(None) {
        let (theme, warnings) = Theme::load(&name, None).unwrap();
        assert_eq!(warnings, Vec::<String>::new(), "{name}");
        for role in Role::ALL {
            assert!(theme.styles.contains_key(role), "{name}: {}", role.name());
        }
        assert!(
            theme
                .style(Role::Selection)
                .add_modifier
                .contains(Modifier::REVERSED),
            "{name}"
        );
    }
}

#[test]
#[expect(clippy::wildcard_enum_match_arm, reason = "every other role is text")]
fn every_text_can_be_read() {
    for name in Theme::names(None) {
        let theme = Theme::embedded(&name);
        let base = theme.style(Role::Text);
        let Some(ground) = base.bg else { continue };
        let least = if name == "high-contrast" { 7.0 } else { 4.5 };
        for role in Role::ALL {
            let style = theme.style(*role);
            let least = match role {
                Role::Border | Role::BarEmpty | Role::WindowNever => 3.0,
                Role::Faint => 4.0_f64.max(least - 0.5),
                _ => least,
            };
            let text = style.fg.or(base.fg).and_then(rgb).unwrap();
            let under = rgb(style.bg.unwrap_or(ground)).unwrap();
            let measured = contrast(text, under);
            assert!(measured >= least, "{name}: {}: {measured:.1}", role.name());
        }
    }
}

#[test]
fn mono_has_no_colours_and_is_what_no_colour_falls_back_to() {
    let mono = Theme::embedded("mono");
    for role in Role::ALL {
        let style = mono.style(*role);
        assert_eq!((style.fg, style.bg), (None, None), "{}", role.name());
    }
    let bare = Theme::embedded("gruvbox-dark").limited_to(ColourLevel::Never);
    assert_eq!(bare.styles, mono.styles);
}

#[test]
fn themes_come_down_to_fewer_colours() {
    for name in Theme::names(None) {
        let few = Theme::embedded(&name).limited_to(ColourLevel::Sixteen);
        let many = Theme::embedded(&name).limited_to(ColourLevel::TwoFiftySix);
        for role in Role::ALL {
            for colour in [few.style(*role).fg, few.style(*role).bg]
                .into_iter()
                .flatten()
            {
                assert!(
                    !matches!(colour, Color::Rgb(..) | Color::Indexed(16..)),
                    "{name}"
                );
            }
            for colour in [many.style(*role).fg, many.style(*role).bg]
                .into_iter()
                .flatten()
            {
                assert!(!matches!(colour, Color::Rgb(..)), "{name}");
            }
            let (style, base) = (few.style(*role), few.style(Role::Text));
            let under = style.bg.or(base.bg);
            assert!(
                under.is_none() || style.fg.or(base.fg) != under,
                "{name}: {}",
                role.name()
            );
        }
    }
}

#[test]
fn a_users_file_overrides_in_part() {
    let folder = folder(&[
        (
            "gruvbox-dark.toml",
            "bad = \"#ff0000 on 52 bold\"\n[palette]\ngreen = \"#00ff00\"\n",
        ),
        ("mine.toml", "inherits = \"gruvbox-dark\"\nwarn = 214\n"),
        ("readme.md", ""),
    ]);
    let (theme, warnings) = Theme::load("mine", Some(folder.path())).unwrap();
    assert!(warnings.is_empty());
    let bad = Style::new()
        .fg(Color::Rgb(255, 0, 0))
        .bg(Color::Indexed(52));
    assert_eq!(theme.style(Role::Bad), bad.add_modifier(Modifier::BOLD));
    assert_eq!(
        theme.style(Role::Warn),
        Style::new().fg(Color::Indexed(214))
    );
    assert_eq!(theme.style(Role::Good).fg, Some(Color::Rgb(0, 255, 0)));
    let shipped = Theme::embedded("gruvbox-dark");
    assert_eq!(theme.style(Role::Title), shipped.style(Role::Title));
    assert_eq!(Theme::names(Some(folder.path())).last().unwrap(), "mine");
}

#[test]
fn an_unknown_role_is_a_warning() {
    let folder = folder(&[("mine.toml", "god = \"green\"\n")]);
    let (_, warnings) = Theme::load("mine", Some(folder.path())).unwrap();
    assert_eq!(warnings.len(), 1);
    assert!(
        warnings[0].ends_with("mine.toml:1:1: god: there is no such role; did you mean `good`?"),
        "{}",
        warnings[0]
    );
}

#[test]
fn faults_name_file_line_and_key() {
    assert!(
        fault("m", &[("m.toml", "\ngood = \"gren\"")])
            .starts_with("m.toml:2:1: good: `gren` is neither")
    );
    assert!(
        fault("m", &[("m.toml", "good = true")]).starts_with("m.toml:1:1: good: is not a style")
    );
    assert!(
        fault("m", &[("m.toml", "[palette]\nx = \"#12\"")])
            .starts_with("m.toml:2:1: palette.x: is not a colour")
    );
    assert!(fault("m", &[("m.toml", "good = = 1")]).starts_with("m.toml:1:"));
    assert!(
        fault("m", &[("m.toml", "inherits = \"none\"")])
            .starts_with("m.toml:1:1: inherits: there is no theme `none`")
    );
    assert!(fault("m", &[("m.toml", "inherits = \"m\"")]).contains("there is no theme `m`"));
    let cycle = [
        ("a.toml", "inherits = \"b\""),
        ("b.toml", "inherits = \"a\""),
    ];
    assert!(fault("a", &cycle).contains("cycle"));
    assert!(
        fault("zebra", &[])
            .starts_with("theme zebra: there is no such theme; known are dark, light")
    );
    assert!(fault("../etc", &[]).contains("no such theme"));
}
