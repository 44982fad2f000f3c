# Programs that try to take the machine, one a line. A line that begins with "##" says what those below it try, and how each
# must end: with that part of its budget used up (steps, depth, nesting, memory, outputs), with an error of the program
# itself (raised), without being compiled (refused), or harmlessly (finishes), because it only looks bad. Read by
# `millwright check budget`, by `millwright check fuzz --target jq`, and by the tests of jq.

#! steps 200000, depth 2000, outputs 1000, memory 8388608

## endless recursion: steps
def f($x): f($x + 1); f(0)
def f: f; f
def f: try error("x") catch f; f
def f(g): [g, f(g, g)]; f(1)
def f: [.[]?] | f; [1] | f
def f: . + [.] | f; [] | f
def f: . * {a: .} | f; {} | f
def f: tojson | f; f
def f: [tojson] | f; f
def f: (. + "x") | f; "" | f
def f: [limit(100; repeat(.))] | f; f
def f: explode | implode | f; "abc" | f
def f: to_entries | from_entries | f; {a: 1} | f
def f: . as $x | f; f
def f: if true then f else 1 end | .; f
def f: .[]? // f; f
def f(x): x | f(x | x); 1 | f(. + 1)
def f: try error catch f; f

## endless recursion: depth
def f: 1 + f; f
def f: [f]; f
def f: f | f; f
def f(g): f(g|g); f(.)
def f(g): g | f(f(g)); f(.)
def f: try f catch f; f
def f: (f // f); f
def f: reduce f as $x (0; 1); f
def f: {a: f}; f
def f: "\(f)"; f
def f: first(f); f
def f: limit(1; f); f
def f: f as $x | $x; f
def f($x): 1 + f($x + 1); f(0)
def f: [f]; [limit(3; f)]
def f: try f catch error("y"); f
def f(a; b; c): f(a, b; b, c; c, a); f(1; 2; 3)
def f: def g: def h: f; h; g; f
def f: def g: f, g; g; f
def f(x): def g: f(g | x); g; f(.)
[limit(3; def f: [., f]; f)]
def f: {} | f.a; f
def f: [.] | map(f); f
def f: reduce (1, 2) as $x (0; f); f
def f: foreach (1, 2) as $x (0; f); f
def f: getpath([f]); f
def f: {(f): 1}; f
def f: .[f]?; f
def f: f as [$a] ?// $a | $a; f
def f: ltrimstr(f); f
def f: limit(f; 1); f
def f: any(f; .); f
def f: isempty(f); f
def f: walk(f); [1] | f
def f: with_entries(f); {"a": 1} | f
def f: [splits(f)]; "a" | f
def f: -f; f
def f: f and f; f
def f: "a" + (f | tostring); f

## endless recursion: memory
def f: f, f; f
def f: label $x | f, break $x; f
def f: f, 1; last(f)
def f: label $out | f; f

## endless recursion: raised
def f: sort_by(f); [1, 2] | f

## endless ranges and loops: steps
[range(1e18)]
[range(0;1e18;0.001)]
last(range(1e18))
reduce range(1e18) as $x (0; . + $x)
[limit(1e18; repeat(1))]
[repeat(.)]
[while(true; .)]
until(false; .)
[recurse(.)]
[recurse(., .)]
[label $x | range(1e9) | label $y | break $y]
[foreach range(1e18) as $x (0; 1; empty)]
foreach range(1e9) as $x ([]; . + [$x]; empty)
reduce repeat(1) as $x (0; . + 1)
[.[]?, repeat(1)] | first
first(repeat(empty))
isempty(repeat(empty))
any(repeat(false); .)
all(repeat(true); .)
limit(1; repeat(empty))
skip(1e18; repeat(1))
nth(1e18; repeat(1))
last(repeat(1))
IN(repeat(1); repeat(2))
{(repeat("a")): 1} | select(false)
{a: repeat(1)} | select(false)
[repeat(1)] | .[0]
.[repeat(1)]? | select(false)
[.] | .[:repeat(1)] | select(false)
limit(repeat(1); 1) | select(false)
range(repeat(1); 2) | select(false)
tojson | fromjson | repeat(.) | select(false)

## endless ranges and loops: outputs
range(1e18)
range(0; infinite)
repeat(.)
recurse(.; true)
try repeat(error) catch repeat(.)
label $x | repeat(1) | if . == 2 then break $x else . end
walk(repeat(1))
@text "\(repeat(1))"
. as [$a, $b] ?// $a | repeat($a)

## endless ranges and loops: raised
bsearch(repeat(1))
to_entries, repeat(1) | select(false)

## endless ranges and loops: refused
[repeat(1; 2)]

## exponential strings and values: steps
reduce range(100) as $x ("x"; . + .)
reduce range(1e6) as $x ("x"; . + .)
[range(1e5)] | map("x" * 1e6)
[limit(1e5; repeat("x" * 1e6 | . + "y"))]
reduce range(100) as $x ([1]; . + .)
reduce range(60) as $x (1; [., .]) | tojson
reduce range(60) as $x (1; [., .]) | . == (. | map(.))
reduce range(60) as $x (1; [., .]) as $a | reduce range(60) as $x (1; [., .]) as $b | $a == $b
reduce range(60) as $x (1; [., .]) | flatten
reduce range(60) as $x (1; [., .]) | [..]
reduce range(60) as $x (1; [., .]) | tostring | length
reduce range(60) as $x (1; [., .]) | [., .] | sort
reduce range(60) as $x (1; [., .]) | walk(.)
reduce range(60) as $x ({}; {a: ., b: .}) | . * .
[range(1e6) | tojson] | join(",") | . + .
"x" * 1e6 | explode | implode | length
[range(3e5)] | combinations(3)
[range(10)] | [combinations(10)]
[limit(1e5; repeat("x" * 10000))] | join("y") | length
error(reduce range(40) as $x ("x"; . + .))
reduce range(40) as $x ("x"; . + .) | error
reduce range(21) as $x (1; [., .]) | [., .] | tojson | length

## exponential strings and values: memory
"x" * 1e9
("x" * 1e7) * 1e7
"<" * 1e7 | @html | length
"<" * 1e7 | @uri | length
"<" * 1e7 | @base64 | @base64 | @base64 | length
"x" * 6e7
[("x" * 3e7), ("y" * 3e7), ("z" * 3e7)]
ltrimstr("x" * 1e9)

## exponential strings and values: outputs
reduce range(60) as $x (1; [., .])
$__loc__ | [., .] | repeat([., .])

## exponential strings and values: raised
"x" * 1e18
ascii_downcase * 1e9
tojson * 1e9

## exponential strings and values: finishes
reduce range(60) as $x (1; [., .]) | contains([1])
[[range(1000)]] | combinations(5)

## backtracking regular expressions: steps
"a" * 30 + "b" | test("(a+)+$")
"a" * 50 | test("(a|aa)+$b")
"a" * 1e6 | [match(""; "g")] | length
"a" * 1e6 | gsub("a"; "b") | length
"a" * 1e6 | gsub("a"; "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb")
[range(1e6) | "x" | test("\(.)")]
"ab" * 100000 | [splits("a")] | length
"x" * 1e6 | [splits("")] | length
"x" | sub("(?<a>x)"; repeat("\(.a)"))
"x" * 1e6 | [scan(".")] | length
"x" * 1e6 | [scan("(.)(.)(.)")] | length
"a" * 1e5 as $s | [range(1e5) | $s | test("b")] | any
"x" * 5000 | test("(x+x+)+y")
[range(1e6)] | map(tostring | test("(9+)+x"))
"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!" | gsub("^(([a-z])+.)+[A-Z]([a-z])+$"; "")
"a" * 5000 | test("^(a+)+[^a]$")
"a" * 3000 | test("(a|aa|aaa)+[b-d]$")
"a," * 2000 | test("(.*?,){12}[P-Q]")
"x" * 5000 | sub("(x+)+[yz]"; "")
"a" * 5000 | split("(a+)+[bc]"; null)
"a" * 4000 | [splits("(a|a)+[bc]")]

## backtracking regular expressions: memory
"xxxxxxxx" | gsub("x"; "x" * 1e7)

## backtracking regular expressions: raised
"x" | test("(" * 1000 + ")" * 1000)
"x" | test("[" * 10000)
"x" | test("a{100000}{100000}")
"x" | test("(?<a>\\g<a>)")
splits("a" * 20000)
splits(repeat("x")) | select(false)

## backtracking regular expressions: finishes
"a" * 5000 | test("(a*)*b")
"a" * 1e5 | [match("a*?b"; "g")]
"x" | test("((((a{100}){100}){100}){100})")
"x" * 1e5 | test("(?<a>x\\g<a>?)")

## deep nesting: steps
("[" * 1e6) | fromjson
last(range(1e6) as $i | reduce range($i) as $j (1; [.]))
reduce range(1e6) as $i ("x"; [.] | tojson)
def f: [., .] | f; f
def f: {a: ., b: .} | f; 1 | f

## deep nesting: nesting
reduce range(1e6) as $x (null; [.])
reduce range(1e6) as $x (null; {a: .})
reduce range(1e6) as $x (null; [[.]] | .[0])
last(limit(1e9; recurse([.])))
reduce range(510) as $x (null; [.]) | to_entries? // [.] | [.] | [.]
def f: [.] | f; f
def f: {a: .} | f; f
def f: map([.]) | f; [1] | f
def f: group_by(.) | f; [1] | f
reduce range(1e6) as $x ({}; {a: .})
[recurse(if . == null then [] else [.] end)] | length
reduce range(1e5) as $i (null; {"\($i)": .})
reduce range(1e5) as $i (null; [[[[.]]]])
reduce range(1e5) as $i ([]; [., $i])
last(foreach range(1e6) as $i (0; [.]))
0 | until(false; [.])
[limit(1e5; 0 | recurse([.]))] | map(tojson) | add | length

## deep nesting: raised
("[" * 900 + "]" * 900) | fromjson | tojson | fromjson
("{\"a\":" * 1e5) | fromjson
"[" * 2000 + "]" * 2000 | fromjson

## deep nesting: finishes
reduce range(500) as $x (null; [.]) | [.[]] | group_by(.) | group_by(.) | group_by(.) | [., [., [., [.]]]]

## giant numbers and exponents: steps
"1" * 1e6 | fromjson
"1 " * 1e6 | strptime("%d " * 1e6)
("1" * 1000 | tonumber) as $n | [range(1e6) | $n == $n] | length
("9" * 1000 | tonumber) as $n | [range(1e6) | $n] | sort | unique | length
[range(1e6)] | map(pow(.; 1e18)) | add
1e1000 | [recurse(. * 10)] | length
last(range(0; 1e308; 1e-308))
reduce range(1e18) as $i (1; . * 10)
("9" * 4e6) as $d | [range(1e5) | $d | tonumber] | length
[limit(1e7; 1e308 | recurse(. * 1e308))] | length
[range(-1e18; 1e18)]
nth(1e300; range(infinite))
[range(0; 1; 1e-18)]
[limit(1e300; repeat(1))]
[range(1e5)] | .[-1e300:1e300] | combinations(9)
until(. > 1e308; (. // 1) * 1.0000000001)
123456789e999999999 | [recurse(. + 1)] | length
[1e999999999, -1e999999999] | [combinations(1e9)]
("1" + "0" * 5e6 | tonumber) | [recurse(-.)] | length
reduce range(1e7) as $i (0.1; . * . + 1e-300)
1e18 | [splits("x")?, repeat(. * 1e18)] | length
[range(1e6) | gmtime] | length
[range(1e6) * 1e9 | todate] | length

## giant numbers and exponents: memory
.[536870911] = 1
"%" * 1e6 as $f | 0 | strftime($f) | length
"%c" * 1e6 as $f | 0 | strftime($f) | length
"9" * 1e7 | tonumber | tojson

## giant numbers and exponents: raised
1e300 | gmtime
-1e18 | todate
infinite | gmtime
nan | todate
"x" * 1e300
.[1e300] = 1

## giant numbers and exponents: finishes
"1" * 1e6 | tonumber
"1e" + ("9" * 1000) | tonumber
1e999999999999 * 1e999999999999
[1e1000, -1e1000] | map(. + 1) | tojson
[1e300, 1e300, 1e300] | mktime
jn(1e9; 1)
pow(10; 400) | tostring

## huge path lists: steps
reduce range(60) as $x (1; [., .]) | [paths]
reduce range(1e5) as $x ([]; .[$x * 100000] = 1)
getpath([range(1e6) | "a"])
delpaths([range(1e6) | ["a"]])
[limit(1e6; path(repeat(.a)))]
[range(1e6)] | tostream
[tostream, repeat(1)] | length
fromstream(repeat([[0], 1]))
del(repeat(.a))
del(.[range(1e9)])
pick(repeat(.a))
[range(1e4)] as $a | [range(1e4) | $a | del(.[0])] | length
[range(1e5)] | [paths] | length
[range(1e5)] | [paths(..)] | map(.[0]) | add
[range(300)] | map([range(300)]) | [leaf_paths] | length
[range(1e5)] | to_entries | [paths] | length
[range(1e5)] | del(.[])
[range(1e5)] | delpaths([paths])
[range(1e5)] | [path(.[] , .[])] | length
reduce range(1e6) as $i (.; setpath(["a", "b", "\($i)"]; $i)) | length
[path(range(1e6) as $i | .[$i])] | length
[range(1e4)] | reduce paths as $p (.; setpath($p; [$p])) | tostream
[range(1e5)] | map_values(., .) | [tostream] | length
[limit(1e6; repeat(["a"]))] as $p | delpaths($p)
. as $d | [getpath(range(1e6) | ["a", .]?)] | length
[range(1e5)] | [tostream] | fromstream(.[]) | length
[range(1e5)] | .[] += 1 | .[] |= empty | length
[range(1e4)] | [.[] as $x | path(.[$x])] | map(length) | add | repeat(.) | select(false)
[range(1e5)] | [paths, paths, paths] | unique | length
[range(1e5)] | with_entries(.value |= [.]) | [paths] | length

## huge path lists: depth
def f: path(f); f
def f: .a |= f; f

## huge path lists: nesting
reduce range(1e6) as $x ([]; setpath([range(1000)|0]; .))
reduce range(1e5) as $x (null; .a |= [.])
path(def f: .a | f; f)
[path(recurse(.a))]
setpath([range(10000)|0]; 1)
reduce range(20) as $i (.; setpath([range(500)|0]; .))
. as $d | reduce range(400) as $i (1; [.]) | setpath([range(400)|0]; .)
[range(400) as $i | 0] as $p | reduce range(30) as $i (1; . as $v | null | setpath($p; $v))
def f: .a |= {b: .} | f; f

## huge path lists: memory
.[100000000] = 1
[.[1000000] = 1 | paths] | length

## huge path lists: outputs
getpath(repeat(["a"]))

## huge path lists: raised
.[1e9] = 1
setpath([range(1e5)]; 1)
[.[]?] | getpath([range(20000) | 0])

## huge path lists: finishes
[paths(..)]

## work out of proportion: steps
[range(1e5)] | [.[] as $x | .[] as $y | 1]
[range(1e5)] | . - map(. + 1)
[range(1e5)] | indices(1, 2, 3)
"a" * 1e6 | indices("a" * 5e5)
"a" * 1e6 | split("a")
[range(1e6)] | sort_by(-.) | length
[range(1e6)] | group_by(. % 2) | length
[range(1e5) | tostring] | unique | length
reduce range(1e6) as $x ({}; .["\($x)"] = $x) | length
@json "\([range(1e6)])" | length
[range(1e6)] | @csv | length
[range(1e6)] | @sh | length
[range(1000) | [range(1000)]] | transpose | length
[[range(1e6)], [1]] | transpose | length
[range(100)] | map([range(10000)]) | map(map([range(100)])) | length
[range(1e6)] | add
[range(1e5) | [.]] | add | length
[range(1e6) | "x"] | add | length
[range(1e5) | "xxxxxxxxxxxxxxxxxxxx" * 100] | add | length
[range(1e6) | 1114112] | implode | length
try error([range(1e7)]) catch length
[range(1e6)] | bsearch(range(1e6))
[range(1e6)] | any(. > 1e7)
[range(1e6)] | to_entries | length
[range(1e6)] | min, max
INDEX(range(1e7); .)
[range(1e5) | tojson] | map(fromjson) | map(tojson) | map(fromjson) | length
"a" * 1e5 as $s | [range(1e5) | $s | length] | length
"a" * 1e5 as $s | [range(1e5) | $s | contains("b")] | any
"a" * 1e5 as $s | [range(1e5) | $s | ascii_upcase] | length
[range(1e4)] as $a | [range(1e4) | $a | add] | add
[range(1e4)] as $a | [range(1e4) | $a | .[1:]] | length
[range(1e4)] as $a | [range(1e4) | $a + [1]] | length
[range(1e4)] as $a | [range(1e4) | $a | .[0] = 1] | length
reduce range(1e5) as $i ({}; . * {"\($i)": {"\($i)": 1}}) | length
reduce range(1e5) as $i ([]; [$i] + .) | length
reduce range(1e5) as $i (""; "x" + .) | length
reduce range(1e6) as $i ([]; . + [$i] | .[-1:]) | length

## work out of proportion: raised
[range(1e5)] | transpose
now
implode
[range(1e4)] | JOIN(.; .[]; tostring)

## work out of proportion: refused
input_line_number
def a: b(a); def b(x): x; a
env
$ENV

## work out of proportion: finishes
def r: ., (.[]? | r); [r | r | r | r]
[..] | [..] | [..] | [..] | length
[range(200)] | [.[] | [..]] | [..] | map([..]) | length
[range(1e4) | {"\(.)": .}] | add | length
[range(100)] | walk(., .)
[range(1e4)] as $a | [range(1e4) | $a | length] | add
({"a": 1} | [range(1e4) as $i | .["\($i)"] = $i]) | length
