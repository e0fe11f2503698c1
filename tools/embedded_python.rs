//! A Python with minitok's extension built in, so that a sanitizer that is linked with the program sees both: `make sanitize-python`.
#![expect(unsafe_code, reason = "Python is started by its C interface")]

use std::ffi::{CString, c_char, c_int};

use minitok as _; // which has the function that Python calls
use pyo3::ffi::{Py_BytesMain, PyImport_AppendInittab, PyObject};

unsafe extern "C" {
    fn PyInit__rust() -> *mut PyObject;
}

fn main() {
    let arguments: Vec<CString> =
        std::env::args().map(|argument| CString::new(argument).expect("no zero in an argument")).collect();
    let mut pointers: Vec<*mut c_char> = arguments.iter().map(|argument| argument.as_ptr().cast_mut()).collect();
    let count = c_int::try_from(pointers.len()).expect("few arguments");
    // SAFETY: Python has not been started; the name lives as long as the program, and the arguments as long as `main`.
    let code = unsafe {
        PyImport_AppendInittab(c"minitok._rust".as_ptr(), Some(PyInit__rust));
        Py_BytesMain(count, pointers.as_mut_ptr())
    };
    std::process::exit(code);
}
