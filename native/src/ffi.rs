//! What Python calls by way of `ctypes`.

use std::panic::{catch_unwind, set_hook};
use std::ptr::null_mut;
use std::slice::from_raw_parts;
use std::sync::Once;

use crate::pool::{Pool, Source};
use crate::{summarize, Circumstances};

/// Which interface this library has: `index/native.py` takes no other one.
const INTERFACE: u32 = 3;

static SILENCED: Once = Once::new();

/// Say which interface this library has, and make it silent: a file that it fails on is declined.
#[no_mangle]
pub extern "C" fn linkstep_interface() -> u32 {
    SILENCED.call_once(|| set_hook(Box::new(|_| {})));
    INTERFACE
}

/// Summarise `length` bytes at `source`. Gives the summary's bytes, to be handed to
/// `linkstep_release` with their number, or null when the file is declined.
///
/// # Safety
///
/// `source` has to point to `length` bytes that nobody changes meanwhile, `written` to a number.
#[no_mangle]
pub unsafe extern "C" fn linkstep_summarize(
    source: *const u8,
    length: usize,
    kind: u8,
    is_shallow: bool,
    version: u16,
    written: *mut usize,
) -> *mut u8 {
    let source = from_raw_parts(source, length);
    let circumstances = Circumstances { kind, is_shallow, version };
    let found = catch_unwind(|| summarize(source, circumstances)).unwrap_or(None);
    handed_out(found, written)
}

/// Free what `linkstep_summarize` or `linkstep_pool_take` gave.
///
/// # Safety
///
/// `bytes` and `length` have to be what was given, and are not used again.
#[no_mangle]
pub unsafe extern "C" fn linkstep_release(bytes: *mut u8, length: usize) {
    drop(Box::from_raw(std::ptr::slice_from_raw_parts_mut(bytes, length)));
}

/// Start threads that summarise. Gives a pool, to be ended with `linkstep_pool_end`.
#[no_mangle]
pub extern "C" fn linkstep_pool(threads: usize) -> *mut Pool {
    Box::into_raw(Box::new(Pool::new(threads)))
}

/// Have a file summarised; the arguments are those of `linkstep_summarize`.
///
/// # Safety
///
/// `pool` has to be one that was not ended. The bytes at `source` have to stay there until the
/// summary was taken or the pool ended.
#[no_mangle]
pub unsafe extern "C" fn linkstep_pool_submit(
    pool: *const Pool,
    source: *const u8,
    length: usize,
    kind: u8,
    is_shallow: bool,
    version: u16,
) {
    let bytes = from_raw_parts(source, length);
    let circumstances = Circumstances { kind, is_shallow, version };
    (*pool).submit(Source { bytes, circumstances });
}

/// Give the next summary, in the order in which files were submitted, as `linkstep_summarize` does.
///
/// # Safety
///
/// `pool` has to be one that was not ended, `written` has to point to a number.
#[no_mangle]
pub unsafe extern "C" fn linkstep_pool_take(pool: *const Pool, written: *mut usize) -> *mut u8 {
    handed_out((*pool).take(), written)
}

/// End a pool and its threads.
///
/// # Safety
///
/// `pool` has to be one that was not ended, and is not used again.
#[no_mangle]
pub unsafe extern "C" fn linkstep_pool_end(pool: *mut Pool) {
    drop(Box::from_raw(pool));
}

unsafe fn handed_out(found: Option<Vec<u8>>, written: *mut usize) -> *mut u8 {
    match found {
        Some(bytes) => {
            let bytes = bytes.into_boxed_slice();
            *written = bytes.len();
            Box::into_raw(bytes) as *mut u8
        }
        None => null_mut(),
    }
}
