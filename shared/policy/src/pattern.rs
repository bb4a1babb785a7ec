//! Patterns: literal text, the wildcards `*` and `?`, and variables.

use super::answer::Answer;
use super::context::Context;
use super::variables::{Placeholder, Variable};

/// A compiled pattern.
#[derive(Debug)]
pub(super) struct Pattern {
    pieces: Box<[Piece]>,
}

/// Which characters of a pattern are special.
#[derive(Debug, Clone, Copy)]
pub(super) struct Syntax {
    /// `*` stands for any characters and `?` for one.
    pub(super) wildcards: bool,
    /// `${...}` is a variable.
    pub(super) variables: bool,
}

#[derive(Debug)]
enum Piece {
    Literal(Box<str>),
    AnyRun,
    AnyCharacter,
    Variable(Variable),
}

impl Pattern {
    /// Compiles `text`.
    pub(super) fn parse(text: &str, syntax: Syntax) -> Result<Self, &'static str> {
        let mut pieces = Pieces::default();
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            match c {
                '*' if syntax.wildcards => pieces.push_any_run(),
                '?' if syntax.wildcards => pieces.push(Piece::AnyCharacter),
                '$' if syntax.variables && rest.as_str().starts_with('{') => {
                    rest.next();
                    let (inside, after) = rest
                        .as_str()
                        .split_once('}')
                        .ok_or("a policy variable is not closed")?;
                    match Placeholder::parse(inside)? {
                        Placeholder::Character(c) => pieces.literal.push(c),
                        Placeholder::Variable(variable) => pieces.push(Piece::Variable(variable)),
                    }
                    rest = after.chars();
                }
                c => pieces.literal.push(c),
            }
        }
        Ok(Self {
            pieces: pieces.finish(),
        })
    }

    /// Compiles text in which only `*` and `?` are special.
    pub(super) fn glob(text: &str) -> Result<Self, &'static str> {
        Self::parse(
            text,
            Syntax {
                wildcards: true,
                variables: false,
            },
        )
    }

    /// Whether the pattern covers the whole of `text`. A variable without a value covers nothing;
    /// one whose value cannot be known may cover anything.
    #[inline]
    pub(super) fn matches(&self, text: &str, context: &Context) -> Answer {
        match &*self.pieces {
            [] => text.is_empty().into(),
            [Piece::Literal(literal)] => (**literal == *text).into(),
            // Most patterns that do not cover a text differ at once, whatever variables stand for.
            [Piece::Literal(start), ..] if !text.starts_with(&**start) => Answer::Fails,
            pieces => self.compare(pieces, text, context),
        }
    }

    fn compare(&self, pieces: &[Piece], text: &str, context: &Context) -> Answer {
        if Self::search(pieces, text, context, Unknown::Nothing) {
            return Answer::Holds;
        }
        // Where every variable is known the same search comes out the same.
        if self.has_variables() && Self::search(pieces, text, context, Unknown::Anything) {
            return Answer::Unknown;
        }
        Answer::Fails
    }

    /// Whether the pattern, which has no variables, covers the whole of `text`.
    pub(super) fn covers(&self, text: &str) -> bool {
        self.matches(text, &Context::new()).holds()
    }

    /// Takes at most |text| * |pattern| steps: a dead end resumes at the last `*` only.
    fn search(pieces: &[Piece], text: &str, context: &Context, unknown: Unknown) -> bool {
        let mut pieces = pieces.iter();
        let mut rest = text;
        let mut last_run = None;
        loop {
            match pieces.next() {
                Some(piece) if piece.is_run(context, unknown) => {
                    if pieces.len() == 0 {
                        return true;
                    }
                    last_run = Some((pieces.clone(), rest));
                    continue;
                }
                Some(piece) => {
                    if let Some(remainder) = piece.strip(rest, context) {
                        rest = remainder;
                        continue;
                    }
                }
                None if rest.is_empty() => return true,
                None => {}
            }
            let Some((resume, from)) = &mut last_run else {
                return false;
            };
            let Some(swallowed) = strip_character(from) else {
                return false;
            };
            *from = swallowed;
            rest = swallowed;
            pieces = resume.clone();
        }
    }

    /// Whether the pattern without wildcards equals `text`, apart from case.
    pub(super) fn equals_ignoring_case(&self, text: &str, context: &Context) -> Answer {
        if self.is_unknown(context) {
            return Answer::Unknown;
        }
        let mut expected = String::new();
        for piece in &self.pieces {
            match piece.text(context) {
                Some(text) => expected.push_str(text),
                None => return Answer::Fails,
            }
        }
        let fold = |text: &str| {
            text.chars()
                .flat_map(char::to_lowercase)
                .collect::<String>()
        };
        (fold(&expected) == fold(text)).into()
    }

    /// Whether some text that the pattern covers begins with `prefix`, whatever variables stand
    /// for.
    pub(super) fn may_begin_with(&self, prefix: &str) -> bool {
        let mut rest = prefix;
        for piece in &self.pieces {
            let left = match piece {
                Piece::AnyRun | Piece::Variable(_) => return true,
                Piece::AnyCharacter => strip_character(rest),
                Piece::Literal(literal) if literal.starts_with(rest) => return true,
                Piece::Literal(literal) => rest.strip_prefix(&**literal),
            };
            match left {
                Some(left) => rest = left,
                None => return rest.is_empty(),
            }
        }
        rest.is_empty()
    }

    /// Whether a variable's value cannot be known.
    fn is_unknown(&self, context: &Context) -> bool {
        self.variables()
            .any(|variable| variable.is_unknown(context))
    }

    /// The keys that variables stand for.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.variables().map(Variable::key)
    }

    /// Whether every variable has a value.
    pub(super) fn is_resolved(&self, context: &Context) -> bool {
        self.variables()
            .all(|variable| variable.resolve(context).is_some())
    }

    pub(super) fn has_wildcards(&self) -> bool {
        self.pieces
            .iter()
            .any(|piece| matches!(piece, Piece::AnyRun | Piece::AnyCharacter))
    }

    pub(super) fn has_variables(&self) -> bool {
        self.variables().next().is_some()
    }

    fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Variable(variable) => Some(variable),
            _ => None,
        })
    }
}

/// What a variable covers whose value cannot be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unknown {
    Nothing,
    Anything,
}

impl Piece {
    /// Whether the piece covers any characters, however many.
    fn is_run(&self, context: &Context, unknown: Unknown) -> bool {
        match self {
            Self::AnyRun => true,
            Self::Variable(variable) => {
                unknown == Unknown::Anything && variable.is_unknown(context)
            }
            Self::Literal(_) | Self::AnyCharacter => false,
        }
    }

    /// What is left of `text` behind this piece; for all pieces but [`Piece::AnyRun`].
    fn strip<'t>(&self, text: &'t str, context: &Context) -> Option<&'t str> {
        match self {
            Self::AnyCharacter => strip_character(text),
            piece => text.strip_prefix(piece.text(context)?),
        }
    }

    /// The fixed text that this piece stands for.
    fn text<'a>(&'a self, context: &'a Context) -> Option<&'a str> {
        match self {
            Self::Literal(literal) => Some(literal),
            Self::Variable(variable) => variable.resolve(context),
            Self::AnyRun | Self::AnyCharacter => None,
        }
    }
}

fn strip_character(text: &str) -> Option<&str> {
    let mut characters = text.chars();
    characters.next()?;
    Some(characters.as_str())
}

/// Collects pieces and joins literal characters.
#[derive(Default)]
struct Pieces {
    done: Vec<Piece>,
    literal: String,
}

impl Pieces {
    fn push(&mut self, piece: Piece) {
        if !self.literal.is_empty() {
            let literal = std::mem::take(&mut self.literal);
            self.done.push(Piece::Literal(literal.into_boxed_str()));
        }
        self.done.push(piece);
    }

    fn push_any_run(&mut self) {
        let repeated = self.literal.is_empty() && matches!(self.done.last(), Some(Piece::AnyRun));
        if !repeated {
            self.push(Piece::AnyRun);
        }
    }

    fn finish(mut self) -> Box<[Piece]> {
        if !self.literal.is_empty() {
            self.done
                .push(Piece::Literal(self.literal.into_boxed_str()));
        }
        self.done.into_boxed_slice()
    }
}
