//! Sessions: a text that changes, and its ids (`fast/session`). Places are in code units of UTF-16, as in the strings of JavaScript.

use super::tokenizer::ask;
use super::{Answer, Arguments, NONE, answer, wrong};
use crate::error::{Error, Result};
use crate::fast::session::Session;
use crate::fast::util::fallible::{append, concat};
use crate::reference::more::session::Splice;
use std::cell::RefCell;
use std::sync::Arc;

thread_local! {
    static SESSIONS: RefCell<Vec<Option<Session>>> = const { RefCell::new(Vec::new()) };
}

/// Keeps a session; its number is the answer.
fn keep(session: Session) -> Vec<u32> {
    SESSIONS.with_borrow_mut(|all| {
        let number = all.iter().position(Option::is_none).unwrap_or(all.len());
        if number == all.len() {
            all.push(None);
        }
        all[number] = Some(session);
        vec![number as u32]
    })
}

fn on<A: Into<Answer>>(number: u32, make: impl FnOnce(&mut Session, &mut Arguments) -> Result<A>) -> u32 {
    answer(|arguments| {
        SESSIONS.with_borrow_mut(|all| match all.get_mut(number as usize) {
            Some(Some(session)) => make(session, arguments),
            _ => Err(wrong("there is no such session")),
        })
    })
}

/// The byte of a place in UTF-16.
fn byte(session: &Session, at: u32) -> Result<usize> {
    let inside = || Error::Vocabulary(format!("place {at} is between the two halves of a character"));
    session.byte_of_utf16(at as usize).ok_or_else(inside)
}

fn range(session: &Session, start: u32, end: u32) -> Result<(usize, usize)> {
    let held = session.size().utf16;
    if start > end || end as usize > held {
        return Err(Error::Vocabulary(format!("{start} to {end} is not a range of a text of length {held}")));
    }
    Ok((byte(session, start)?, byte(session, end)?))
}

/// A splice as numbers: where it starts, how many ids were removed, and those in their place.
fn spliced(splice: &Splice) -> Result<Vec<u32>> {
    concat(&[&[splice.start as u32, splice.removed as u32], &splice.ids[..]])
}

/// Opens a session of a tokenizer: the text, and two lists of names: the special tokens found in it, and those that it must not contain.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn session_open(tokenizer: u32) -> u32 {
    ask(tokenizer, |tokenizer, arguments| {
        let text = arguments.bytes()?;
        let (search, refused) = (tokenizer.allowing(arguments)?, tokenizer.refused(arguments)?);
        let mut session = Session::new(Arc::clone(tokenizer.codec()?), Arc::new(search), Arc::new(refused))?;
        session.set(&text)?;
        Ok(keep(session))
    })
}

/// A copy that changes by itself: its number.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn session_fork(number: u32) -> u32 {
    answer(|_| {
        let copy = SESSIONS.with_borrow(|all| match all.get(number as usize) {
            Some(Some(session)) => session.fork(),
            _ => Err(wrong("there is no such session")),
        });
        copy.map(keep)
    })
}

/// Forgets a session; its number may come again.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn session_close(number: u32) -> u32 {
    answer(|_| {
        SESSIONS.with_borrow_mut(|all| all.get_mut(number as usize).map(Option::take));
        Ok(Vec::<u8>::new())
    })
}

/// How long the text is, how many ids it has, whether a change costs what it touches, and whether it is known what may follow.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn session_facts(number: u32) -> u32 {
    on(number, |session, _| {
        let size = session.size();
        Ok(vec![size.utf16 as u32, size.ids as u32, session.is_local().into(), session.knows_tails().into()])
    })
}

/// Replaces a range of the text by another text. The answer is the splice.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn session_edit(number: u32, start: u32, end: u32) -> u32 {
    on(number, |session, arguments| {
        let (start, end) = range(session, start, end)?;
        spliced(&session.edit(start, end, &arguments.bytes()?)?)
    })
}

/// Makes the text another one. The answer is the splice.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn session_set(number: u32) -> u32 {
    on(number, |session, arguments| spliced(&session.set(&arguments.bytes()?)?))
}

#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn session_text(number: u32, start: u32, end: u32) -> u32 {
    on(number, |session, _| {
        let ((start, end), mut text) = (range(session, start, end)?, Vec::new());
        session.text_of(start, end, &mut text).map(|()| text)
    })
}

/// The ids from one number to another.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn session_ids(number: u32, start: u32, end: u32) -> u32 {
    on(number, |session, _| {
        let held = session.size().ids;
        if start > end || end as usize > held {
            return Err(Error::Vocabulary(format!("ids {start} to {end} are not in a session of {held} ids")));
        }
        let mut ids = Vec::new();
        session.ids_of(start as usize, end as usize, &mut ids).map(|()| ids)
    })
}

/// The ids of a range of the text as a text by itself; with `counts`, how many there are.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn session_encode(number: u32, start: u32, end: u32, counts: u32) -> u32 {
    on(number, |session, _| {
        let ((start, end), mut ids, mut count) = (range(session, start, end)?, Vec::new(), 0);
        session.each_of_range(start, end, |part| {
            count += part.len() as u32;
            if counts == 0 {
                append(&mut ids, part)?;
            }
            Ok(())
        })?;
        Ok(if counts == 0 { ids } else { vec![count] })
    })
}

#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn session_stable(number: u32) -> u32 {
    on(number, |session, _| Ok(vec![session.stable()? as u32]))
}

/// The tokens that may stand over the end of the text. The answer is, for each place where they begin, how many ids of the text are
/// kept, how many others follow and how many may stand there, and these ids.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn session_covers(number: u32) -> u32 {
    on(number, |session, _| {
        let mut told = Vec::new();
        for cover in session.covers()? {
            append(&mut told, &[cover.kept as u32, cover.extra.len() as u32, cover.ids.len() as u32])?;
            append(&mut told, &cover.extra)?;
            append(&mut told, &cover.ids)?;
        }
        Ok(told)
    })
}

/// The number of the id whose token holds a place; [`NONE`] where that is not known.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn session_token_at(number: u32, at: u32) -> u32 {
    on(number, |session, _| {
        let byte = range(session, at, at)?.0;
        Ok(vec![session.token_at(byte)?.map_or(NONE, |found| found as u32)])
    })
}

#[cfg(all(test, feature = "pages"))]
mod tests {
    use super::super::numbers;
    use super::super::tests::call;
    use super::super::tokenizer_tests::{opened, read};
    use super::*;

    fn open(text: &str, allowed: &str) -> std::result::Result<u32, String> {
        let list = |name: &str| numbers((!name.is_empty()).then_some(name.len() as u32));
        let (tok, lengths) = (opened(), list(allowed));
        call(&[text.as_bytes(), &lengths, allowed.as_bytes(), &[], &[]], || session_open(tok))
            .map(|made| read(&made)[0])
    }

    #[test]
    fn a_text_that_changes() {
        let session = open("ab\u{1f980} a", "<s>").unwrap();
        let asked = |made: std::result::Result<Vec<u8>, String>| made.map(|made| read(&made));
        // The ids: `ab`, four bytes, ` `, `a`. The crab is two code units.
        assert_eq!(asked(call(&[], || session_facts(session))).unwrap(), [6, 7, 1, 1]);
        assert_eq!(asked(call(&[b"c"], || session_edit(session, 2, 4))).unwrap(), [0, 5, 258]);
        let copy = asked(call(&[], || session_fork(session))).unwrap()[0];
        assert_eq!(asked(call(&[b"abc <s>"], || session_set(copy))).unwrap(), [2, 1, 300]);
        assert_eq!(call(&[], || session_text(copy, 2, 7)).unwrap(), b"c <s>");
        assert_eq!(asked(call(&[], || session_ids(copy, 1, 3))).unwrap(), [32, 300]);
        assert_eq!(asked(call(&[], || session_encode(copy, 1, 7, 0))).unwrap(), [257, 32, 300]);
        assert_eq!(asked(call(&[], || session_encode(copy, 1, 7, 1))).unwrap(), [3]);
        assert_eq!(asked(call(&[], || session_token_at(copy, 3))).unwrap(), [1]);
        assert_eq!(call(&[], || session_text(session, 0, 5)).unwrap(), b"abc a");
        // `ab` may go on to be `abc`.
        assert_eq!(asked(call(&[b"xab"], || session_set(session))).unwrap(), [0, 3, 120, 256]);
        assert_eq!(asked(call(&[], || session_stable(session))).unwrap(), [1]);
        assert_eq!(asked(call(&[], || session_covers(session))).unwrap()[..3], [1, 0, 1]);
        call(&[], || session_close(copy)).unwrap();
        assert!(call(&[], || session_facts(copy)).unwrap_err().contains("no such session"));
        assert!(call(&[], || session_fork(copy)).unwrap_err().contains("no such session"));
    }

    #[test]
    fn places_that_are_not_there_are_refused() {
        let session = open("a\u{1f980}", "").unwrap();
        let refused = |start, end| call(&[b""], || session_edit(session, start, end)).unwrap_err();
        assert!(refused(2, 3).contains("place 2 is between the two halves of a character"));
        assert!(refused(0, 4).contains("0 to 4 is not a range of a text of length 3"));
        assert!(refused(2, 1).contains("is not a range"));
        assert!(call(&[], || session_ids(session, 0, 9)).unwrap_err().contains("not in a session of 5 ids"));
        assert_eq!(call(&[], || session_text(session, 0, 3)).unwrap(), "a\u{1f980}".as_bytes());
    }
}
