import JSON

/// A program and the document that it runs on.
struct JQBenchCase: Sendable {
    var name: String
    var program: String
    var input: [UInt8]

    /// What expressions of workflows do, and the parts of the language that they are made of. Only what jq 1.6 has too,
    /// with the same results.
    static let all: [JQBenchCase] = event + orders + readings + tree + text

    private static func cases(_ prefix: String, _ input: [UInt8], _ programs: [(String, String)]) -> [JQBenchCase] {
        programs.map { JQBenchCase(name: "\(prefix)-\($0.0)", program: $0.1, input: input) }
    }

    private static let event = cases(
        "event", JSONDocument.event,
        [
            ("field", ".data.asset.id"),
            ("condition", #".data.alarm.severity >= 3 and .data.asset.criticality == "A""#),
            ("object", "{asset: .data.asset.id, lot: .data.workOrder.lot, text: .data.alarm.text, at: .time}"),
            ("alternative", #".data.workOrder.customer // .data.asset.manufacturer // "unknown""#),
            (
                "switch",
                #"if .data.alarm.severity > 4 then "stop" elif .data.alarm.severity > 2 then "call" else "log" end"#
            ),
            ("select", #"[.data.readings[] | select(.quality != "good") | .tag]"#),
            (
                "out-of-range",
                "[.data.readings[] | select(.value < .minimum or (.maximum != null and .value > .maximum))]"
            ),
            ("index", "reduce .data.readings[] as $r ({}; .[$r.tag] = $r.value)"),
            ("interpolation", #""\(.data.asset.name) (\(.data.asset.line)): \(.data.alarm.text)""#),
            ("update", #".data.workOrder.scrap += 1 | .data.alarm.acknowledged = true"#),
            ("delete", "del(.data.attachments, .data.context)"),
            ("entries", #".data.asset | with_entries(.key |= "asset_" + .)"#),
            ("regex", #".data.alarm.code | capture("(?<kind>[EW])-(?<number>[0-9]+)")"#),
            ("variables", ". as {$id, data: {workOrder: {good: $g, scrap: $s}}} | {$id, rate: ($s / ($g + $s))}"),
        ])

    private static let orders = cases(
        "orders", orderList,
        [
            ("map", "map({id, cost: (.hours * .rate)})"),
            ("group", "group_by(.asset) | map({asset: .[0].asset, hours: (map(.hours) | add)})"),
            ("sort", "sort_by(.hours, .id) | .[:5] | map(.id)"),
            ("sum", "map(.hours * .rate) | add"),
            ("unique", "[.[].asset] | unique"),
            ("any-all", #"any(.[]; .state == "open") and all(.[]; .hours > 0)"#),
            ("max", "max_by(.hours) | .id"),
            ("count", "reduce .[] as $o ({}; .[$o.state] += 1)"),
            ("stream", ".[] | select(.hours > 6) | .id"),
            ("lines", #"map("\(.id),\(.asset),\(.hours)") | join("\n")"#),
            ("csv", ".[] | [.id, .asset, .hours, .state] | @csv"),
        ])

    private static let readings = cases(
        "readings", readingList,
        [
            ("mean", "add / length"),
            ("deviation", "(add / length) as $m | (map(. - $m | . * .) | add / length | sqrt)"),
            ("moving", "[foreach .[] as $x (0; . * 0.9 + $x * 0.1; .)] | last"),
            ("histogram", "map(floor % 10) | group_by(.) | map(length)"),
            ("range", "[range(0; length; 10) as $i | .[$i:$i + 10] | max]"),
            ("limit", "[limit(5; .[] | select(. > 90))]"),
        ])

    private static let tree = cases(
        "tree", treeDocument,
        [
            ("recurse", "[.. | .name? // empty]"),
            ("paths", "[paths(type == \"number\")] | length"),
            ("walk", #"walk(if type == "object" then del(.note) else . end)"#),
            ("function", "def count: 1 + ([.parts[]? | count] | add // 0); count"),
            ("identity", "."),
        ])

    private static let text = cases(
        "text", JSONValue.string(String(repeating: "P-101 ok; P-102 failed; ", count: 20)).serializedBytes(),
        [
            ("split", #"split("; ") | map(select(endswith("failed")))"#),
            ("gsub", #"gsub("P-(?<n>[0-9]+)"; "pump \(.n)")"#),
            ("case", "ascii_upcase | explode | length"),
            ("json", "tojson | fromjson | length"),
        ])

    private static let orderList: [UInt8] = JSONValue.array(
        (0..<40).map { number in
            [
                "id": .string("WO-\(1000 + number)"), "asset": .string("press-\(number * 7 % 6)"),
                "state": .string(["open", "done", "waiting"][number % 3]), "hours": JSONValue(number * 5 % 9 + 1),
                "rate": JSONValue(85), "planned": .bool(number.isMultiple(of: 2)),
                "text": .string("replace the seal of cylinder \(number)"),
            ]
        }
    ).serializedBytes()

    private static let readingList: [UInt8] = JSONValue.array(
        (0..<200).map { JSONValue(Double($0 * 37 % 1000) / 10) }
    ).serializedBytes()

    private static let treeDocument: [UInt8] = part("line", depth: 4).serializedBytes()

    private static func part(_ name: String, depth: Int) -> JSONValue {
        [
            "name": .string(name), "note": "as built", "weight": JSONValue(depth * 12),
            "parts": .array(depth == 0 ? [] : (0..<3).map { part("\(name)-\($0)", depth: depth - 1) }),
        ]
    }
}
