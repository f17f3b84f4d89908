//! Function images: the same behaviour with one as without, and nobody can put anything into one.

use super::*;

const INDEX: &str = r#"const a = require('./a'); const failing = () => { throw new Error('here') };
const path = require('path');
const Module = require('module');
const own = require('own');
const data = require('./data.json');
const unicode = require('./unicode'); require('./dynamic'); const lazy = require('./lazy'); const twice = require('twice');
const self = module;
const attempt = (f) => { try { return f() } catch (e) { return [e.name, e.code, e.message] } };
const places = (error) => error.stack.split('\n').filter((line) => line.includes('/var/task/')).map((line) => line.trim());
exports.handler = async (event) => ({
  a: a.value, cycle: a.cycle(), own: own(), data, unicode, late: require('./late.js'),
  names: [__filename, __dirname, a.names],
  resolve: [require.resolve('./a'), require.resolve('own'), require.resolve('./lib'), require.resolve.paths('own').slice(0, 2), require.resolve('fs')],
  missing: attempt(() => require('./missing'))[1], text: attempt(() => require.resolve(7)), empty: attempt(() => require('')),
  cache: Object.keys(require.cache).filter((file) => file.startsWith('/var/task')).sort(),
  children: self.children.map((child) => path.relative('/var/task', child.filename)),
  parent: a.parent, loaded: [module.loaded, module.id, module.paths.length, require.main === process.mainModule],
  first: places(attempt0(failing)), second: places(attempt0(a.fails)), inner: places(attempt0(own.fails)),
  syntax: attempt(() => require('./broken.js'))[0], module: attempt(() => require('./module.mjs'))[1],
  imported: (await require('./dynamic').imports()).value, fetched: (await require('./dynamic').made()('./module.mjs')).value, strict: (function () { return this === undefined })(), exported: module.exports === exports,
  again: (() => { delete require.cache[require.resolve('./late')]; global.times = 0; require('./late'); require('./late'); return global.times })(),
  extensions: Object.keys(require.extensions),
  lazy: [(await lazy.load()).value, await lazy.fails(), lazy.load.name, places(attempt0(lazy.thrown))],
  moved: (() => { const before = twice.which; delete require.cache[require.resolve('twice')]; module.paths.unshift('/var/task/other'); return [before, require('twice').which] })(),
});
function attempt0(f) { try { f() } catch (e) { return e } }
exports.image = async () => String(Module._extensions['.js']).includes('normally');
"#;

fn files() -> Vec<(&'static str, &'static str)> {
    vec![
        ("index.js", INDEX),
        (
            "a.js",
            "exports.cycle = () => require('./index').handler.length; exports.value = 'a';\nexports.names = [__filename, __dirname]; exports.parent = module.parent.filename;\n  exports.fails = () => { throw new TypeError('there') };",
        ),
        (
            "dynamic.js",
            "exports.imports = () => import('./module.mjs'); exports.made = () => eval('(name) => import(name)')",
        ),
        (
            "lazy.js",
            "/** @type {import('./x')} */ exports.load = async () => await import('./module.mjs');\nexports.fails = async () => { try { await import('./nothing.mjs') } catch (e) { return [e.code, e.message] } };\n  exports.thrown = () => { throw new Error('inside') };\ntry { exports.thrown() } catch {}",
        ),
        ("node_modules/twice/index.js", "exports.which = 'near'"),
        ("other/twice/index.js", "exports.which = 'moved'"),
        ("late.js", "global.times = (global.times || 0) + 1; module.exports = 'late';"),
        ("lib/index.js", "exports.lib = 1"),
        ("data.json", r#"{"json": true}"#),
        ("unicode.js", "module.exports = '日本 ü 🦀';"),
        ("broken.js", "const = 5"),
        ("module.mjs", "export const value = 'module'"),
        ("node_modules/own/package.json", r#"{"name": "own", "exports": {".": "./main.cjs"}}"#),
        (
            "node_modules/own/main.cjs",
            "#!/usr/bin/env node\nmodule.exports = () => require('own2').x; module.exports.fails = () => { null.x };",
        ),
        ("node_modules/own2/package.json", r#"{"name": "own2", "main": "lib/x"}"#),
        ("node_modules/own2/lib/x.js", "exports.x = 'two'"),
    ]
}

fn image_of(fixture: &Fixture) -> Option<std::path::PathBuf> {
    let folders = fs::read_dir(fixture.path().join("compiled")).ok()?;
    // One that begins with a dot is being written.
    let whole = folders.flatten().filter(|folder| !folder.file_name().to_string_lossy().starts_with('.'));
    whole.map(|folder| folder.path().join("modules")).find(|file| file.is_file())
}

async fn until_made(fixture: &Fixture) -> std::path::PathBuf {
    loop {
        if let Some(image) = image_of(fixture) {
            return image;
        }
        tokio::time::sleep(Duration::from_millis(5)).await; // Real time, for a real process.
    }
}

fn index_of(image: &Path) -> Value {
    let bytes = fs::read(image).unwrap();
    let length = u32::from_le_bytes(bytes[..4].try_into().unwrap()) as usize;
    serde_json::from_slice(&bytes[4..4 + length]).unwrap()
}

async fn result(fixture: &Fixture, host: &Arc<Host>) -> Value {
    result_on(&fixture.shelf_on(host)).await
}

async fn result_on(shelf: &Arc<Shelf>) -> Value {
    let outcome = invoke(shelf, "{}").await;
    assert!(!outcome.failed, "{}\n{}", value(&outcome), outcome.tail);
    value(&outcome)
}

/// The same code as a function whose handler tells whether an image is in use.
async fn uses_image(fixture: &Fixture, host: &Arc<Host>) -> bool {
    let mut launch = fixture.launch.clone();
    launch.handler = "index.image".into();
    let shelf = Shelf::new(Arc::new(launch), Arc::clone(host), Starts::new(2));
    value(&invoke(&shelf, "{}").await) == json!(true)
}

#[tokio::test]
async fn a_function_behaves_the_same_with_an_image() {
    // On the nearest version that there is: with and without `import()` in code from a cache.
    for runtime in ["nodejs20.x", "nodejs22.x", "nodejs24.x"] {
        behaves_the_same(runtime).await;
    }
}

async fn behaves_the_same(runtime: &str) {
    let fixture = Fixture::new(runtime, "index.handler", &files());
    let keeps_imports = fixture.launch.interpreter.as_ref().is_some_and(|one| one.version.0 >= 22);
    for ahead in [false, true] {
        let host = fixture.host(Ahead::tested(ahead));
        if !ahead {
            let shelf = fixture.shelf_on(&host);
            let without = result_on(&shelf).await;
            assert!(!uses_image(&fixture, &host).await || image_of(&fixture).is_some());
            assert_eq!(without["first"][0], "at failing (/var/task/index.js:1:57)");
            assert_eq!(without["second"][0], "at exports.fails (/var/task/a.js:3:33)");
            let image = until_made(&fixture).await;
            let index = index_of(&image);
            assert_eq!(without["moved"], json!(["near", "moved"]));
            for name in ["index.js", "a.js", "unicode.js", "lazy.js"] {
                assert!(index["files"].get(format!("/var/task/{name}")).is_some(), "{name}: {index}");
            }
            // A script with a first line for the shell, JSON and what is loaded later are not in it.
            let dynamic = index["files"].get("/var/task/dynamic.js").is_some();
            assert_eq!(dynamic, keeps_imports, "{index}");
            assert_eq!(index["files"].as_object().unwrap().len(), 5 + usize::from(dynamic), "{index}");
            fs::write(fixture.path().join("without"), without.to_string()).unwrap();
        }
        assert!(uses_image(&fixture, &host).await);
        let without: Value =
            serde_json::from_slice(&fs::read(fixture.path().join("without")).unwrap()).unwrap();
        assert_eq!(result(&fixture, &host).await, without);
        let log = fixture.log();
        assert!(!log.iter().any(|line| line.contains("ExperimentalWarning")), "{log:?}");
    }
    // It is the image that was loaded: it does not know of this change, which no deployed code can suffer.
    fs::write(fixture.path().join("code/unicode.js"), "module.exports = 'changed'").unwrap();
    let host = fixture.host(Ahead::tested(false));
    assert_eq!(result(&fixture, &host).await["unicode"], "日本 ü 🦀");
}

#[tokio::test]
async fn an_image_that_is_broken_or_of_another_version_is_passed_over() {
    let fixture = Fixture::new("nodejs20.x", "index.handler", &files());
    let host = fixture.host(Ahead::tested(false));
    let shelf = fixture.shelf_on(&host);
    let without = result_on(&shelf).await;
    let image = until_made(&fixture).await;
    let whole = fs::read(&image).unwrap();
    let other_version = String::from_utf8_lossy(&whole[..200]).contains("\"v20.");
    assert!(other_version);
    let mut other = whole.clone();
    let at = whole.windows(5).position(|window| window == b"\"v20.").unwrap();
    other[at + 2] = b'9';
    for broken in [&whole[..whole.len() / 2], &whole[..100], b"", b"\xff\xff\xff\xff{}", &other] {
        fs::write(&image, broken).unwrap();
        assert_eq!(result(&fixture, &host).await, without);
    }
}

/// An environment that was taken over by an event tells lies before its image is made.
#[tokio::test]
async fn a_function_cannot_put_anything_into_an_image() {
    let code = r#"
const fs = require('fs');
const lie = JSON.stringify({
  modules: ['/etc/passwd', '/var/task/../../etc/passwd', '/proc/self/environ', '/var/task/index.js', '/var/task/guard.js', '/var/task/link.js', '/tmp/evil.js'],
  found: [['./guard\0/var/task', '/var/task/open.js'], ['./guard\0/var/task', '/tmp/evil.js'], ['fs\0/var/task', '/var/task/open.js']],
});
const frame = Buffer.alloc(5 + lie.length);
frame.writeUInt32LE(lie.length + 1, 0);
frame[4] = 21;
frame.write(lie, 5);
fs.writeFileSync('/tmp/evil.js', 'module.exports = "evil"');
fs.writeSync(4, frame);
exports.handler = async () => [require('./guard'), typeof require('fs').readFileSync];
"#;
    let files = [
        ("index.js", code),
        ("guard.js", "module.exports = 'closed'"),
        ("open.js", "module.exports = 'open'"),
    ];
    let fixture = Fixture::new("nodejs20.x", "index.handler", &files);
    std::os::unix::fs::symlink("/etc/passwd", fixture.path().join("code/link.js")).unwrap();
    let host = fixture.host(Ahead::tested(false));
    let shelf = fixture.shelf_on(&host);
    assert_eq!(result_on(&shelf).await, json!(["closed", "function"]));
    let index = index_of(&until_made(&fixture).await);
    let mut names: Vec<&String> = index["files"].as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(names, ["/var/task/guard.js", "/var/task/index.js"]);
    assert_eq!(index["found"], json!([]));
    assert_eq!(result(&fixture, &host).await, json!(["closed", "function"]));
    // Another function with the same code has an image of its own, or none.
    let mut launch = fixture.launch.clone();
    launch.name = "other".into();
    assert_eq!(host.compiled.ready(&launch), None);
    assert!(host.compiled.ready(&fixture.launch).is_some());
}

/// What the function requires while its image is made shows what it saw.
#[tokio::test]
async fn a_function_is_loaded_for_its_image_without_network_and_credentials() {
    let code = r#"
const fs = require('fs');
const interfaces = fs.readFileSync('/proc/net/dev', 'utf8').split('\n').filter((line) => line.includes(':'));
if (interfaces.length === 1) require('./sealed');
if (process.env.AWS_ACCESS_KEY_ID === undefined) require('./unknown');
if (process.env.COLOUR === 'blue') require('./coloured');
console.log('loaded');
Promise.reject(new Error('nobody hears this'));
exports.handler = async () => 'answer';
if (process.env.AWS_ACCESS_KEY_ID !== undefined) process.removeAllListeners('unhandledRejection').on('unhandledRejection', () => {});
"#;
    let files = [("index.js", code), ("sealed.js", ""), ("unknown.js", ""), ("coloured.js", "")];
    let fixture = Fixture::new("nodejs20.x", "index.handler", &files);
    let host = fixture.host(Ahead::tested(false));
    let shelf = fixture.shelf_on(&host);
    assert_eq!(result_on(&shelf).await, "answer");
    let index = index_of(&until_made(&fixture).await);
    let mut found: Vec<&str> =
        index["places"].as_array().unwrap().iter().filter_map(|place| place[1].as_str()).collect();
    found.sort_unstable();
    if host.jail.has_networks() {
        assert_eq!(found, ["/var/task/coloured.js", "/var/task/sealed.js", "/var/task/unknown.js"]);
    } else {
        assert_eq!(found, [] as [&str; 0]);
    }
    let log = fixture.log();
    assert_eq!(
        log.iter().filter(|line| line.contains("loaded")).count(),
        1,
        "only the start itself: {log:?}"
    );
}

#[tokio::test]
async fn a_function_that_does_not_load_where_its_image_is_made_has_one_all_the_same() {
    let code = "if (process.env.AWS_ACCESS_KEY_ID === undefined) process.exit(3);\nconst a = require('./a');\nexports.handler = async () => a;";
    let files = [("index.js", code), ("a.js", "module.exports = 'a'")];
    let fixture = Fixture::new("nodejs20.x", "index.handler", &files);
    let host = fixture.host(Ahead::tested(false));
    let shelf = fixture.shelf_on(&host);
    assert_eq!(result_on(&shelf).await, "a");
    let index = index_of(&until_made(&fixture).await);
    assert_eq!(index["files"].as_object().unwrap().len(), 2, "{index}");
    assert_eq!(index["places"], json!([]));
    assert_eq!(result(&fixture, &host).await, "a");
}
