//! One file's text to plain JavaScript: parsed, checked, TypeScript taken away.
//!
//! Positions stay those of the author's text: nodes keep their spans through all of it. The scoping is
//! built a second time after the types are gone, because the transformer leaves behind, and makes,
//! references that the first one does not describe.

use std::path::Path;

use oxc::allocator::Allocator;
use oxc::ast::ast::{Declaration, ImportDeclarationSpecifier, Program, Statement};
use oxc::diagnostics::{Diagnostics, OxcDiagnostic};
use oxc::parser::{ParseOptions, Parser, ParserReturn};
use oxc::semantic::{Scoping, SemanticBuilder};
use oxc::span::{SourceType, Span};
use oxc::transformer::{
    DecoratorOptions, EnvOptions, JsxOptions, TransformOptions, Transformer, TypeScriptOptions,
};
use rustc_hash::FxHashSet;

use crate::compile::unsupported::unsupported;

/// A file that parsed, as JavaScript.
pub(crate) struct Parsed<'a> {
    pub(crate) program: Program<'a>,
    pub(crate) scoping: Scoping,
    /// CommonJS rather than an ES module.
    pub(crate) commonjs: bool,
    /// Names which the module exports as types; they do not exist when it runs.
    pub(crate) types: FxHashSet<String>,
}

/// A file that did not parse.
pub(crate) struct Broken {
    pub(crate) diagnostics: Vec<OxcDiagnostic>,
    /// What it imports all the same, so that the problems of those files are seen too.
    pub(crate) requests: Vec<(String, Span)>,
}

/// Parses `source`; `module` when something outside the file says that it is an ES module.
///
/// # Errors
/// All syntax errors, and TypeScript that has no plain JavaScript form.
pub(crate) fn parse<'a>(
    allocator: &'a Allocator,
    path: &Path,
    source: &'a str,
    module: bool,
) -> Result<Parsed<'a>, Broken> {
    let ParserReturn { mut program, module_record, diagnostics, panicked, .. } =
        read(allocator, source, source_type(path, module));
    let requests = || {
        let all = module_record.requested_modules.iter();
        all.flat_map(|(name, mentions)| mentions.iter().map(|it| (name.to_string(), it.span))).collect()
    };
    let mut wrong = errors(diagnostics);
    if panicked {
        return Err(Broken { diagnostics: wrong, requests: requests() });
    }
    let semantic =
        SemanticBuilder::new_compiler().with_build_nodes(true).with_enum_eval(true).build(&program);
    wrong.extend(errors(semantic.diagnostics));
    wrong.extend(unsupported(&program));
    if !wrong.is_empty() {
        return Err(Broken { diagnostics: wrong, requests: requests() });
    }
    let typescript = program.source_type.is_typescript();
    let types = if typescript { exported_types(&program) } else { FxHashSet::default() };
    let scoping = semantic.semantic.into_scoping();
    let transformed =
        Transformer::new(allocator, path, &transform_options()).build_with_scoping(scoping, &mut program);
    let wrong = errors(transformed.diagnostics);
    if !wrong.is_empty() {
        return Err(Broken { diagnostics: wrong, requests: requests() });
    }
    let scoping = SemanticBuilder::new().build(&program).semantic.into_scoping();
    let commonjs = !program.source_type.is_module();
    Ok(Parsed { program, scoping, commonjs, types })
}

/// What the file's name says about its text.
fn source_type(path: &Path, module: bool) -> SourceType {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let base = match extension {
        "ts" | "mts" | "cts" => SourceType::ts(),
        "tsx" => SourceType::tsx(),
        "jsx" => SourceType::unambiguous().with_jsx(true),
        _ => SourceType::unambiguous(),
    };
    match extension {
        "mjs" | "mts" => base.with_module(true),
        "cjs" | "cts" => base.with_commonjs(true),
        _ if module => base.with_module(true),
        _ => base,
    }
}

/// Parses text that may be either kind of module: with no `import` or `export` it is CommonJS, except for
/// TypeScript that uses nothing of CommonJS, which reads as a module.
fn read<'a>(allocator: &'a Allocator, source: &'a str, source_type: SourceType) -> ParserReturn<'a> {
    let parse = |source_type| {
        let options = ParseOptions { parse_regular_expression: false, ..ParseOptions::default() };
        Parser::new(allocator, source, source_type).with_options(options).parse()
    };
    let mut parsed = parse(source_type);
    if source_type.is_unambiguous() && parsed.diagnostics.errors().next().is_some() {
        // `await [x]` reads one way in a script and another in a module, and which it is was seen too late.
        let again = parse(source_type.with_module(true));
        if again.diagnostics.errors().next().is_none() {
            return again;
        }
    }
    if source_type.is_unambiguous() && !parsed.program.source_type.is_module() {
        let module = source_type.is_typescript() && !uses_commonjs(source);
        let again =
            parse(if module { source_type.with_module(true) } else { source_type.with_commonjs(true) });
        // A file that is wrong either way reads best as what its text looked like.
        if again.diagnostics.errors().next().is_none() || parsed.diagnostics.errors().next().is_some() {
            parsed = again;
        }
    }
    parsed
}

/// Whether the text mentions what only CommonJS has; a rough look, for TypeScript files without imports.
fn uses_commonjs(source: &str) -> bool {
    ["module.exports", "exports.", "require("].iter().any(|word| source.contains(word))
}

fn errors(diagnostics: Diagnostics) -> Vec<OxcDiagnostic> {
    let mut all = diagnostics.into_vec();
    all.retain(|diagnostic| diagnostic.severity == oxc::diagnostics::Severity::Error);
    all
}

/// Types go, everything of JavaScript stays as it is: QuickJS runs modern syntax.
fn transform_options() -> TransformOptions {
    TransformOptions {
        typescript: TypeScriptOptions { allow_namespaces: true, ..TypeScriptOptions::default() },
        decorator: DecoratorOptions::default(),
        jsx: JsxOptions::disable(),
        env: EnvOptions::default(),
        ..TransformOptions::default()
    }
}

/// The names of exported interfaces, aliases and ambient declarations.
fn exported_types(program: &Program<'_>) -> FxHashSet<String> {
    let mut types = FxHashSet::default();
    let mut own = FxHashSet::default();
    let name = |declaration: &Declaration<'_>| match declaration {
        Declaration::TSInterfaceDeclaration(it) => Some(it.id.name.to_string()),
        Declaration::TSTypeAliasDeclaration(it) => Some(it.id.name.to_string()),
        _ => None,
    };
    for statement in &program.body {
        match statement {
            Statement::ImportDeclaration(import) => {
                for specifier in import.specifiers.iter().flatten() {
                    let kind = match specifier {
                        ImportDeclarationSpecifier::ImportSpecifier(it) => it.import_kind,
                        _ => import.import_kind,
                    };
                    if import.import_kind.is_type() || kind.is_type() {
                        own.insert(specifier.local().name.to_string());
                    }
                }
            }
            Statement::ExportDeclaration(export) => types.extend(name(&export.declaration)),
            other => own.extend(other.as_declaration().and_then(name)),
        }
    }
    for statement in &program.body {
        match statement {
            Statement::ExportNamedDeclaration(export) => {
                for specifier in &export.specifiers {
                    let is_type = export.export_kind.is_type()
                        || specifier.export_kind.is_type()
                        || own.contains(specifier.local.name().as_str());
                    if is_type {
                        types.insert(specifier.exported.name().to_string());
                    }
                }
            }
            Statement::ExportFromDeclaration(export) => {
                for specifier in &export.specifiers {
                    if export.export_kind.is_type() || specifier.export_kind.is_type() {
                        types.insert(specifier.exported.name().to_string());
                    }
                }
            }
            _ => {}
        }
    }
    types
}
