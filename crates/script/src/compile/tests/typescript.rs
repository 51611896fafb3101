//! TypeScript: types go, values stay, and what TypeScript adds at run time works.

use super::check;

#[test]
fn types_are_stripped() {
    check(
        &[(
            "main.ts",
            "import type { Options } from 'k6/options'; import { type Response, get } from 'k6/http';
             interface User { name: string } type Pair<T> = [T, T];
             abstract class Base<T extends object> { declare x: number; constructor(protected readonly value: T) {} abstract f(): void; }
             class Derived extends Base<User> { f(this: Derived): void {} get name() { return this.value!.name as string; } }
             export const options: Options = { vus: 1 } satisfies object;
             function over(a: string): string; function over(a: any) { return `${a}`; }
             const pair = <T,>(a: T): Pair<T> => [a, a];
             declare const nothing: number;
             console.log(new Derived({ name: 'n' }).name, over('o'), pair(1), get('x' as any), <unknown>2);",
        )],
        "n o [1,1] GET x 2",
    );
}

#[test]
fn enums_and_namespaces() {
    check(
        &[
            (
                "main.ts",
                "import { Color } from './colors'; const enum Small { A = 1, B = A << 3 } enum Level { Low = 'low', High = 'high' }
                 namespace Tools { export const x = 1; export function f() { return x + 1; } }
                 console.log(Color.Green, Color[2], Small.B, Level.High, Tools.f());",
            ),
            ("colors.ts", "export enum Color { Red, Green, Blue = 2 }"),
        ],
        "1 Blue 8 high 2",
    );
}

#[test]
fn imports_of_types_without_the_word_type() {
    check(
        &[
            (
                "main.ts",
                "import { User, name, Alias } from './index'; import { Options } from 'k6/options';
                 const user: User = { name }; const options: Options = {}; const a: Alias = 1; console.log(user, options, a);",
            ),
            ("index.ts", "export { User, name } from './types'; import { Alias } from './types'; export { Alias }; export * from './more';"),
            ("types.ts", "export interface User { name: string } export type Alias = number; export const name = 'n';"),
            ("more.ts", "export interface More {}"),
        ],
        r#"{"name":"n"} {} 1"#,
    );
}

#[test]
fn a_file_without_imports_or_exports_is_a_strict_module() {
    check(&[("main.ts", "const a: number = 1; console.log(a, this);")], "1 undefined");
}

#[test]
fn tsconfig_paths() {
    check(
        &[
            ("src/main.ts", "import { a } from '@lib/a'; import { b } from 'b'; console.log(a, b);"),
            (
                "tsconfig.json",
                r#"{ // comments are fine
                "compilerOptions": { "baseUrl": ".", "paths": { "@lib/*": ["lib/*"], "b": ["./lib/b.ts"] } } }"#,
            ),
            ("lib/a.ts", "export const a = 'a';"),
            ("lib/b.ts", "export const b = 'b';"),
        ],
        "a b",
    );
}

#[test]
fn private_fields_and_modern_syntax_stay() {
    check(
        &[(
            "main.ts",
            "class A { #x = 1; static y = 2; static { this.y++; } has(o: object) { return #x in o; } get x() { return this.#x ?? 0; } }
             const a = new A(); a?.x; let b: number | null = null; b ??= 1_000; label: for (;;) break label;
             console.log(a.x, A.y, a.has(a), b, [..._()], 2n ** 3n > 7n); function* _() { yield* [1]; }",
        )],
        "1 3 true 1000 [1] true",
    );
}
