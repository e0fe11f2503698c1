//! The most frequent calls of `Tokenizer` without a Python frame, which takes a quarter of the call for a few words.
//!
//! A [`Shortcut`] stands in the class for a method that is written in Python. It answers a call with nothing but a text, and
//! passes all others on, as they came. Everything that can be asked of a method (its signature, types and documentation) is
//! asked of the one in Python.

#![allow(unsafe_code)]
// Whoever has the value sets it: nobody waits for it.
#![expect(clippy::disallowed_types, reason = "a cell that is only set")]

use super::codec::Codec;
use super::list::list_of_ids;
use super::names::Names;
use super::numpy_api;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use std::sync::OnceLock;

/// The base of `minitok.Tokenizer`: what its shortcuts call. It has the name of its subclass, as messages about arguments begin with it.
#[pyclass(name = "Tokenizer", subclass, frozen, module = "minitok._rust")]
pub struct Shortcuts {
    /// None on the Python backend: then every call goes to Python.
    codec: OnceLock<Py<Codec>>,
}

#[pymethods]
impl Shortcuts {
    /// Accepts any arguments: `__init__`, in Python, checks them.
    #[new]
    #[pyo3(signature = (*args, **named))]
    fn new(args: &Bound<'_, PyTuple>, named: Option<&Bound<'_, PyDict>>) -> Shortcuts {
        let _ = (args, named);
        Shortcuts { codec: OnceLock::new() }
    }

    /// Calls this codec from now on, if it is one of Rust.
    fn _hold(&self, codec: &Bound<'_, PyAny>) -> PyResult<()> {
        let Ok(codec) = codec.cast::<Codec>() else { return Ok(()) };
        let held = self.codec.set(codec.clone().unbind());
        held.map_err(|_| PyRuntimeError::new_err("a tokenizer is immutable: __init__ cannot be called twice"))
    }

    #[pyo3(signature = (text, /))]
    fn _encode<'py>(slf: &Bound<'py, Self>, text: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let Some(codec) = slf.get().codec.get() else { return Ok(py.NotImplemented().into_bound(py)) };
        let codec = codec.get();
        let search = codec.search(py, Names::Empty)?;
        Ok(list_of_ids(py, &codec.ids(py, &text.extract()?, codec.how(&search), 1)?)?.into_any())
    }

    #[pyo3(signature = (text, /))]
    fn _encode_to_numpy<'py>(slf: &Bound<'py, Self>, text: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let Some(codec) = slf.get().codec.get() else { return Ok(py.NotImplemented().into_bound(py)) };
        numpy_api::need(py)?;
        codec.get().encode_to_array(py, text.extract()?, Names::Empty, 1)
    }

    #[pyo3(signature = (text, /))]
    fn _count<'py>(slf: &Bound<'py, Self>, text: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let Some(codec) = slf.get().codec.get() else { return Ok(py.NotImplemented().into_bound(py)) };
        Ok(codec.get().count(py, text.extract()?, Names::Empty)?.into_pyobject(py)?.into_any())
    }
}

#[cfg(not(Py_LIMITED_API))]
pub use descriptor::{set_up, shortcut};

/// What the limited API cannot make: objects that are called with arguments in an array.
#[cfg(not(Py_LIMITED_API))]
mod descriptor {
    use super::super::kept::imported;
    use crate::support::once::Once;
    use pyo3::ffi;
    use pyo3::prelude::*;
    use pyo3::types::{PyString, PyTuple};
    use std::ptr;

    // A method in Python, and the one in Rust that answers its calls with nothing but a text, or gives `NotImplemented`.
    // It has neither documentation nor a constructor, whose signature is some: they would hide the method's.
    #[pyclass(frozen, immutable_type, module = "minitok._rust")]
    #[repr(C)]
    pub struct Shortcut {
        /// First, where `set_up` says that it is.
        vectorcall: ffi::vectorcallfunc,
        quick: Py<PyAny>,
        method: Py<PyAny>,
    }

    #[pymethods]
    impl Shortcut {
        /// A bound method, where the tokenizer's method is not called at once.
        fn __get__<'py>(
            slf: &Bound<'py, Self>,
            object: &Bound<'py, PyAny>,
            class: &Bound<'py, PyAny>,
        ) -> PyResult<Bound<'py, PyAny>> {
            static METHOD: Once<Py<PyAny>> = Once::new();
            let _ = class;
            if object.is_none() {
                return Ok(slf.clone().into_any());
            }
            imported(&METHOD, slf.py(), "types", "MethodType")?.call1((slf, object))
        }

        /// What `inspect` reads the signature of.
        #[getter]
        fn __wrapped__(&self) -> &Py<PyAny> {
            &self.method
        }

        #[getter]
        fn __doc__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
            self.method.bind(py).getattr("__doc__")
        }

        /// The name, the annotations and whatever else a method has.
        fn __getattr__<'py>(&self, py: Python<'py>, name: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyAny>> {
            self.method.bind(py).getattr(name)
        }

        /// `Tokenizer.encode` is pickled as an attribute of its class.
        fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
            let class = py.import("minitok")?.getattr("Tokenizer")?;
            let place = (class, self.method.bind(py).getattr("__name__")?).into_pyobject(py)?;
            Ok((py.import("builtins")?.getattr("getattr")?, place))
        }
    }

    /// A shortcut to a method: `quick` answers what it can.
    #[pyfunction]
    pub fn shortcut(quick: Py<PyAny>, method: Py<PyAny>) -> Shortcut {
        Shortcut { vectorcall: call, quick, method }
    }

    /// Answers a call of the method: the first argument is the tokenizer.
    unsafe extern "C" fn call(
        shortcut: *mut ffi::PyObject,
        arguments: *const *mut ffi::PyObject,
        flagged: usize,
        names: *mut ffi::PyObject,
    ) -> *mut ffi::PyObject {
        // SAFETY: CPython calls this with a `Shortcut`, attached, and with as many arguments as `flagged` says; they go on as they came.
        unsafe {
            let py = Python::assume_attached();
            let shortcut = Borrowed::from_ptr(py, shortcut).cast_unchecked::<Shortcut>();
            let shortcut = shortcut.get();
            if names.is_null() && ffi::PyVectorcall_NARGS(flagged) == 2 {
                let answer = ffi::PyObject_Vectorcall(shortcut.quick.as_ptr(), arguments, flagged, ptr::null_mut());
                if answer != ffi::Py_NotImplemented() {
                    return answer;
                }
                ffi::Py_DECREF(answer);
            }
            ffi::PyObject_Vectorcall(shortcut.method.as_ptr(), arguments, flagged, names)
        }
    }

    /// Lets CPython call a `Shortcut` as it calls a method in C: without a bound method, a tuple or a dictionary.
    ///
    /// The class is immutable, or CPython would look its attributes up at each call.
    pub fn set_up(py: Python<'_>) -> PyResult<()> {
        let flags = ffi::Py_TPFLAGS_HAVE_VECTORCALL | ffi::Py_TPFLAGS_METHOD_DESCRIPTOR;
        let one = Bound::new(py, shortcut(py.None(), py.None()))?;
        let offset = ptr::from_ref(one.get()).addr() - one.as_ptr().addr();
        let class = py.get_type::<Shortcut>().as_type_ptr();
        // SAFETY: the class has been made, this thread is attached, and nothing has called an object of it yet. A pointer to a
        // function is at the offset, since the fields are in the order of C.
        unsafe {
            (*class).tp_call = Some(ffi::PyVectorcall_Call);
            (*class).tp_vectorcall_offset = offset.cast_signed();
            #[cfg(not(Py_GIL_DISABLED))]
            {
                (*class).tp_flags |= flags;
            }
            #[cfg(Py_GIL_DISABLED)]
            (*class).tp_flags.fetch_or(flags, std::sync::atomic::Ordering::Relaxed);
            ffi::PyType_Modified(class);
        }
        Ok(())
    }
}
