//! A cell that the interpreter's lock guards: checked borrows without atomic operations.
//!
//! A callback bar borrows its desk several times, and an atomic borrow costs as much as the work it guards. Borrowing
//! takes a `Python` token instead, so only one thread at a time can touch the flag. The stable ABI that this module is
//! built for exists only for interpreters with that lock.

use std::cell::{Cell, UnsafeCell};
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use pyo3::Python;

/// Ties a guard to the attached thread, so that it is never sent to another.
type Attached<'a> = PhantomData<Python<'a>>;

const FREE: isize = 0;
const CHANGING: isize = -1;

pub struct GilCell<T> {
    /// How many readers there are, or `CHANGING`.
    state: Cell<isize>,
    value: UnsafeCell<T>,
}

// SAFETY: `state` is only read and written while the interpreter's lock is held, which `read` and `change` prove by
// their token and guards by being neither Send nor dropped without it; `value` is only reached through guards, and
// `state` keeps a changing guard apart from every other.
unsafe impl<T: Send + Sync> Sync for GilCell<T> {}

impl<T> GilCell<T> {
    pub const fn new(value: T) -> Self {
        Self { state: Cell::new(FREE), value: UnsafeCell::new(value) }
    }

    /// The value for reading; None while it is being changed.
    pub fn read<'a>(&'a self, _py: Python<'a>) -> Option<Reading<'a, T>> {
        let readers = self.state.get();
        if readers == CHANGING {
            return None;
        }
        self.state.set(readers + 1);
        Some(Reading(self, PhantomData))
    }

    /// The value for changing; None while anybody looks at it.
    pub fn change<'a>(&'a self, _py: Python<'a>) -> Option<Changing<'a, T>> {
        if self.state.get() != FREE {
            return None;
        }
        self.state.set(CHANGING);
        Some(Changing(self, PhantomData))
    }
}

/// A look at the value; others may look too.
pub struct Reading<'a, T>(&'a GilCell<T>, Attached<'a>);

impl<T> Deref for Reading<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: `state` counts this guard, so no changing guard exists.
        unsafe { &*self.0.value.get() }
    }
}

impl<T> Drop for Reading<'_, T> {
    fn drop(&mut self) {
        self.0.state.set(self.0.state.get() - 1);
    }
}

/// The only access to the value while it lasts.
pub struct Changing<'a, T>(&'a GilCell<T>, Attached<'a>);

impl<T> Deref for Changing<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: `state` says that this guard is the only one.
        unsafe { &*self.0.value.get() }
    }
}

impl<T> DerefMut for Changing<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above, and `self` is borrowed mutably.
        unsafe { &mut *self.0.value.get() }
    }
}

impl<T> Drop for Changing<'_, T> {
    fn drop(&mut self) {
        self.0.state.set(FREE);
    }
}

/// A value that is only copied in and out, so that nobody can hold on to it while it changes.
pub struct GilSlot<T>(Cell<T>);

// SAFETY: the cell is only reached while the interpreter's lock is held, which `get` and `set` prove by their token.
unsafe impl<T: Send> Sync for GilSlot<T> {}

impl<T: Copy> GilSlot<T> {
    pub const fn new(value: T) -> Self {
        Self(Cell::new(value))
    }

    pub fn get(&self, _py: Python<'_>) -> T {
        self.0.get()
    }

    pub fn set(&self, _py: Python<'_>, value: T) {
        self.0.set(value);
    }
}
