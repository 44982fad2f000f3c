/// Builtins that are simplest in the language itself. They are inlined where a program uses them.
enum Prelude {
    /// By name and arity, as in `map/1`. Parsed once in a process.
    static let definitions: [String: FunctionDefinition] = {
        var definitions: [String: FunctionDefinition] = [:]
        do throws(SyntaxError) {
            var parser = try Parser(Array(source.utf8))
            for definition in try parser.parseDefinitions() {
                definitions["\(definition.name)/\(definition.arity)"] = definition
            }
        } catch {
            preconditionFailure("the prelude does not parse: \(error.message) at \(error.span.start)")
        }
        return definitions
    }()

    static let source = """
        def map(f): [.[] | f];
        def select(f): if f then . else empty end;
        def recurse(f): def r: ., (f | r); r;
        def recurse(f; condition): def r: ., (f | select(condition) | r); r;
        def values: select(. != null);
        def nulls: select(. == null);
        def booleans: select(type == "boolean");
        def numbers: select(type == "number");
        def strings: select(type == "string");
        def arrays: select(type == "array");
        def objects: select(type == "object");
        def iterables: select(type | . == "array" or . == "object");
        def scalars: select(type | . != "array" and . != "object");
        def normals: select(isnormal);
        def finites: select(isfinite);
        def add(f): reduce f as $value (null; . + $value);
        def range($end): range(0; $end);
        def while(condition; update): def loop: if condition then ., (update | loop) else empty end; loop;
        def until(condition; next): def loop: if condition then . else next | loop end; loop;
        def repeat(f): def loop: f, loop; loop;
        def in(object): . as $key | object | has($key);
        def combinations: if length == 0 then [] else .[0][] as $first | .[1:] | combinations | [$first] + . end;
        def combinations($count): . as $values | [range($count) | $values] | combinations;
        def walk(f): def step: if type == "object" then map_values(step) elif type == "array" then map(step) else . end
            | f; step;
        def first: .[0];
        def last: .[-1];
        def nth($position): .[$position];
        def any(condition): any(.[]; condition);
        def all(condition): all(.[]; condition);
        def map_values(f): .[] |= f;
        def with_entries(f): to_entries | map(f) | from_entries;
        def paths: path(..) | select(length > 0);
        def paths(condition): path(.. | select(condition)) | select(length > 0);
        def leaf_paths: paths(scalars);
        def del(f): delpaths([path(f)]);
        def pick(f): . as $input | reduce path(f) as $path (null; setpath($path; $input | getpath($path)));
        def tostream: path(def r: (.[]? | r), .; r) as $path | getpath($path)
            | reduce path(.[]?) as $step ([$path, .]; [$path + $step]);
        def fromstream(events): {value: null, done: false} as $start
            | foreach events as $event ($start;
                if .done then $start else . end
                | if $event | length == 2
                  then setpath(["done"]; $event[0] | length == 0) | setpath(["value"] + $event[0]; $event[1])
                  else setpath(["done"]; $event[0] | length == 1) end;
                if .done then .value else empty end);
        def truncate_stream(events): . as $depth | null | events
            | if .[0] | length > $depth then .[0] |= .[$depth:] else empty end;
        def sort_by(f): _sort_by(map([f]));
        def group_by(f): _group_by(map([f]));
        def unique_by(f): _unique_by(map([f]));
        def min_by(f): _min_by(map([f]));
        def max_by(f): _max_by(map([f]));
        def match($regex): _match($regex)[];
        def match($regex; $flags): _match($regex; $flags)[];
        def capture($regex): _match($regex)[] | _captures;
        def capture($regex; $flags): _match($regex; $flags)[] | _captures;
        def scan($regex): _scan($regex; null)[];
        def scan($regex; $flags): _scan($regex; $flags)[];
        def splits($regex): split($regex; null)[];
        def splits($regex; $flags): split($regex; $flags)[];
        def sub($regex; replacement): sub($regex; replacement; null);
        def sub($regex; replacement; $flags): . as $text | _match($regex; $flags) as $matches
            | [$matches[] | _captures | [replacement]] as $replacements | $text | _splice($matches; $replacements)[];
        def gsub($regex; replacement): sub($regex; replacement; "g");
        def gsub($regex; replacement; $flags): sub($regex; replacement; $flags + "g");
        def todate: strftime("%Y-%m-%dT%H:%M:%SZ");
        def todateiso8601: todate;
        def fromdateiso8601: strptime("%Y-%m-%dT%H:%M:%SZ") | mktime;
        def fromdate: fromdateiso8601;
        def date: todate;
        def dateadd(unit; $count): . + $count;
        def datesub(unit; $count): . - $count;
        def INDEX(stream; key): reduce stream as $row ({}; .[$row | key | tostring] = $row);
        def INDEX(key): INDEX(.[]; key);
        def IN(values): any(values == .; .);
        def IN(source; values): any(source == values; .);
        def JOIN($index; key): [.[] | [., $index[key]]];
        def JOIN($index; stream; key): stream | [., $index[key]];
        def JOIN($index; stream; key; join): stream | [., $index[key]] | join;
        def isvalid(f): try (f | true) catch false;
        """
}
