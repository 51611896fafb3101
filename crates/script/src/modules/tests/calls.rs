//! Calls with more arguments than the engine passes.

use super::*;

#[test]
fn lists_of_any_length_are_taken() {
    check(
        "export default () => {
           const many = Array.from({ length: 200_003 }, (_, i) => i % 1000);
           many[150_000] = 5000; many[70_000] = -7;
           const list = [1], front = [1], text = { concat: (...all) => all.length };
           const said = [list.push(...many), list.length, list[200_003], front.unshift(...many, 9), front[200_003], front[200_004], front[150_000],
             Math.max(...many), Math.min(...many, 3), Math.max.apply(null, many), Reflect.apply(Math.min, Math, many), Math.round(Math.hypot(...many)),
             String.fromCharCode(...many).length, String.fromCharCode.apply(null, new Uint16Array(70_000).fill(97)).length, [].concat(...many).length, [0].concat.apply([0], many)[70_001],
             ''.concat(...many).slice(0, 5), Array.of(...many).length, Array.prototype.push.apply(list, many), many.push(...many), Math.max(...Array(70_000)), text.concat(...[1, 2])];
           for (const call of [(f) => f(...many), (f) => f.apply(null, many), (f) => ({ push: f }).push(...many)])
             try { said.push(call((...all) => all.length)); } catch (e) { said.push(`${e.name}`); }
           return said;
         };",
        r#"[200004,200004,2,200005,9,1,5000,5000,-7,5000,-7,258054,200003,70000,200003,-7,"01234",200003,400007,400006,null,2,"RangeError","RangeError","RangeError"]"#,
    );
}

#[test]
fn short_calls_are_what_they_were() {
    check(
        "class Base { push(...all) { return ['base', ...all]; } }
         class Own extends Base { #list = []; push(...all) { this.#list.push(...all); return super.push(...all, this.#list.length); } }
         const none = undefined, deep = { a: { list: [] }, max(...all) { return [this === deep, all]; } };
         export default () => {
           const order = [], note = (x) => (order.push(x), x);
           const said = [none?.push(...[1]), none?.a.push(...[1]), deep.a?.list.push(...[1, 2]), deep?.a.list.push(3, ...[4], 5), deep.max(...'ab'), new Own().push(...[7, 8]),
             Math.max(...[]), Math.max.apply(Math), (function () { return [this === 5, arguments.length]; }).apply(5, { length: 2 }), Function.prototype.apply.length, Reflect.apply.name];
           [note([])].concat(...note([note(1), note(2)]));
           said.push(order.length);
           for (const wrong of [() => none.push(...[1]), () => ({}).push(...[1]), () => [].push(...5), () => Reflect.apply(Math.max), () => Math.max.apply(null, 5)])
             try { wrong(); said.push('passed'); } catch (e) { said.push(e.name); }
           return said;
         };",
        r#"[null,null,2,5,[true,["a","b"]],["base",7,8,2],null,null,[true,2],2,"apply",4,"TypeError","TypeError","TypeError","TypeError","TypeError"]"#,
    );
}

#[test]
fn texts_are_sorted_as_people_do() {
    check(
        "export default () => {
           const words = ['b', 'a', 'B', 'A', 'ä', 'Z', 'z', 'äb', 'ab', 'aB', '10', '9', '_x', 'a b', 'ab', 'éclair', 'eclair', 'Eclair', ''];
           return [[...words].sort((x, y) => x.localeCompare(y)), 'a'.localeCompare('b'), 'résumé'.localeCompare('re\\u0301sume\\u0301'), 'a'.localeCompare('A'), 'x'.localeCompare('x')];
         };",
        r#"[["","_x","10","9","a","A","ä","a b","ab","ab","aB","äb","b","B","eclair","Eclair","éclair","z","Z"],-1,0,-1,0]"#,
    );
}
