//! Locks of what one can do without.

use std::sync::{Mutex, MutexGuard, TryLockError};

/// What a lock guards, unless somebody has it just now.
///
/// What was left by a panic is taken as it is: this is for what is whole between any two statements, as a list is.
pub fn if_free<T>(lock: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    match lock.try_lock() {
        Ok(free) => Some(free),
        Err(TryLockError::Poisoned(left)) => Some(left.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn a_lock_is_passed_by_while_somebody_has_it() {
        let lock = Mutex::new(vec![1]);
        let had = lock.lock().unwrap();
        assert!(if_free(&lock).is_none());
        drop(had);
        assert_eq!(*if_free(&lock).unwrap(), [1]);
    }

    #[test]
    fn what_a_panic_has_left_is_used_again() {
        let lock = Mutex::new(vec![1]);
        let panicked = thread::scope(|scope| {
            let holder = scope.spawn(|| {
                let mut had = lock.lock().unwrap();
                had.push(2);
                panic!("while it has the lock");
            });
            holder.join().is_err()
        });
        assert!(panicked && lock.is_poisoned());
        if_free(&lock).unwrap().push(3);
        assert_eq!(*if_free(&lock).unwrap(), [1, 2, 3]);
    }
}
