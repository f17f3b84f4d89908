//! Code that stands in a template.

use std::io::{Cursor, Write as _};

use zip::ZipWriter;
use zip::result::ZipResult;
use zip::write::SimpleFileOptions;

/// What a language has for code in templates.
struct Language {
    /// The file that the text becomes.
    file: &'static str,
    /// The module for custom resources: its name in the code, its file, and the file's text.
    module: (&'static str, &'static str, &'static str),
}

const NODE: Language = Language {
    file: "index.js",
    module: ("cfn-response", "cfn-response.js", include_str!("inline/cfn-response.js")),
};
const PYTHON: Language = Language {
    file: "index.py",
    module: ("cfnresponse", "cfnresponse.py", include_str!("inline/cfnresponse.py")),
};

/// The package of a text: `index.js` or `index.py`, with the module `cfn-response` where the text uses it.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-lambda-function-code-cfnresponsemodule.html>
pub(super) fn package(runtime: &str, source: &str) -> ZipResult<Vec<u8>> {
    let language = if runtime.starts_with("python") { PYTHON } else { NODE };
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let mut add = |name: &str, text: &str| {
        zip.start_file(name, SimpleFileOptions::default().unix_permissions(0o644))?;
        Ok::<_, zip::result::ZipError>(zip.write_all(text.as_bytes())?)
    };
    add(language.file, source)?;
    let (name, file, text) = language.module;
    if source.contains(name) {
        add(file, text)?;
    }
    Ok(zip.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(runtime: &str, source: &str) -> Vec<String> {
        let bytes = package(runtime, source).unwrap();
        let archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        archive.file_names().map(|name| name.unwrap().into_owned()).collect()
    }

    #[test]
    fn the_module_comes_with_code_that_uses_it() {
        assert_eq!(names("nodejs20.x", "exports.handler = 1"), ["index.js"]);
        assert_eq!(names("python3.12", "import json"), ["index.py"]);
        let node = "const response = require('cfn-response');";
        assert_eq!(names("nodejs20.x", node), ["index.js", "cfn-response.js"]);
        assert_eq!(names("python3.12", "import cfnresponse"), ["index.py", "cfnresponse.py"]);
    }
}
