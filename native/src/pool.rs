//! Threads that summarise files, and give the summaries in the order of the files.

use std::collections::{HashMap, VecDeque};
use std::panic::catch_unwind;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::{Builder, JoinHandle};

use crate::{summarize, Circumstances};

/// Trees are gone through by recursion, which is bounded; this is some times what it takes.
const STACK: usize = 16 << 20;

/// The bytes of a file, which have to stay where they are until its summary was taken.
pub struct Source {
    pub bytes: &'static [u8],
    pub circumstances: Circumstances,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<(u64, Source)>,
    done: HashMap<u64, Option<Vec<u8>>>,
    submitted: u64,
    taken: u64,
    is_closed: bool,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn wait<'g>(&self, state: MutexGuard<'g, State>) -> MutexGuard<'g, State> {
        self.changed.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

pub struct Pool {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl Pool {
    /// Start threads; where none can be started, what is submitted is summarised when it is taken.
    pub fn new(threads: usize) -> Self {
        let shared = Arc::new(Shared::default());
        let start = |_| {
            let shared = Arc::clone(&shared);
            Builder::new().stack_size(STACK).spawn(move || work(&shared)).ok()
        };
        let threads = (0..threads).filter_map(start).collect();
        Pool { shared, threads }
    }

    pub fn submit(&self, source: Source) {
        let mut state = self.shared.lock();
        let number = state.submitted;
        state.submitted += 1;
        state.waiting.push_back((number, source));
        drop(state);
        self.shared.changed.notify_all();
    }

    /// Give the summary of the file that was submitted first of those not yet taken, None where
    /// it is declined, and where there is no file.
    pub fn take(&self) -> Option<Vec<u8>> {
        let mut state = self.shared.lock();
        let number = state.taken;
        if number == state.submitted {
            return None;
        }
        state.taken += 1;
        loop {
            if let Some(found) = state.done.remove(&number) {
                return found;
            }
            if self.threads.is_empty() {
                let (_, source) = state.waiting.pop_front()?;
                return read(source);
            }
            state = self.shared.wait(state);
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.is_closed = true;
        state.waiting.clear();
        drop(state);
        self.shared.changed.notify_all();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn work(shared: &Shared) {
    let mut state = shared.lock();
    loop {
        if let Some((number, source)) = state.waiting.pop_front() {
            drop(state);
            let found = read(source);
            state = shared.lock();
            state.done.insert(number, found);
            shared.changed.notify_all();
        } else if state.is_closed {
            return;
        } else {
            state = shared.wait(state);
        }
    }
}

fn read(source: Source) -> Option<Vec<u8>> {
    catch_unwind(|| summarize(source.bytes, source.circumstances)).unwrap_or(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Circumstances = Circumstances { kind: 0, is_shallow: false, version: 311 };

    fn taken(threads: usize) -> Vec<Option<Vec<u8>>> {
        let pool = Pool::new(threads);
        let texts: [&[u8]; 4] = [b"import a\n" as &[u8], b"import (", b"", b"x = 1\n"];
        for bytes in texts {
            pool.submit(Source { bytes, circumstances: PLAIN });
        }
        (0..5).map(|_| pool.take()).collect()
    }

    #[test]
    fn summaries_come_in_the_order_of_the_files() {
        let expected: Vec<_> = [b"import a\n" as &[u8], b"import (", b"", b"x = 1\n"]
            .iter()
            .map(|bytes| summarize(bytes, PLAIN))
            .chain([None])
            .collect();
        assert_eq!(taken(0), expected);
        assert_eq!(taken(1), expected);
        assert_eq!(taken(3), expected);
    }

    #[test]
    fn a_pool_ends_with_files_that_nobody_took() {
        let pool = Pool::new(2);
        for _ in 0..100 {
            pool.submit(Source { bytes: b"import a\n", circumstances: PLAIN });
        }
        drop(pool);
    }
}
