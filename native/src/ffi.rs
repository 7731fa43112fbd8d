//! What Python calls by way of `ctypes`.

use std::panic::{catch_unwind, set_hook};
use std::sync::Once;

use crate::{summarize, Circumstances};

/// Which interface this library has: `index/native.py` takes no other one.
const INTERFACE: u32 = 1;

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
    defers_annotations: bool,
    written: *mut usize,
) -> *mut u8 {
    let source = std::slice::from_raw_parts(source, length);
    let circumstances = Circumstances { kind, is_shallow, defers_annotations };
    match catch_unwind(|| summarize(source, circumstances)) {
        Ok(Some(bytes)) => {
            let bytes = bytes.into_boxed_slice();
            *written = bytes.len();
            Box::into_raw(bytes) as *mut u8
        }
        _ => std::ptr::null_mut(),
    }
}

/// Free what `linkstep_summarize` gave.
///
/// # Safety
///
/// `bytes` and `length` have to be what `linkstep_summarize` gave, and are not used again.
#[no_mangle]
pub unsafe extern "C" fn linkstep_release(bytes: *mut u8, length: usize) {
    drop(Box::from_raw(std::ptr::slice_from_raw_parts_mut(bytes, length)));
}
