//! What leads programs on the host to this cloud under AWS's names: the files that `cloudlet exec` has Node.js and Python
//! load. Functions use the same (see [`crate::runtime::image`]).

/// Patches Node.js's `net` and `tls`.
pub(crate) const NODE_REDIRECT: &str = include_str!("../bootstrap/node/redirect.js");
/// Patches Python's `socket` and `ssl`.
pub(crate) const PYTHON_NAMES: &str = include_str!("../bootstrap/python/cloudlet_names.py");

/// Has Python programs load it at their start.
pub(crate) const PYTHON_SITE: &str = include_str!("../bootstrap/python/sitecustomize.py");

/// The file that Node.js preloads (`--require`).
pub const NODE_PRELOAD: &str = "node/exec.js";
/// The folder that Python looks for modules in (`PYTHONPATH`).
pub const PYTHON_FOLDER: &str = "python";

/// Files below a folder, with their texts. They read the JSON of [`cloud::aws_names::guide`] in `CLOUDLET_NAMES`.
pub const FILES: &[(&str, &str)] = &[
    ("node/redirect.js", NODE_REDIRECT),
    (NODE_PRELOAD, include_str!("../bootstrap/node/exec.js")),
    ("python/cloudlet_names.py", PYTHON_NAMES),
    ("python/sitecustomize.py", PYTHON_SITE),
];
