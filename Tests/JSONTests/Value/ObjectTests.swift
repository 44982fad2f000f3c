import JSON
import Testing

@Suite("Objects and values")
struct ObjectTests {
    @Test(
        "members are found, replaced, added and removed in small and in large objects",
        arguments: [3, 8, 9, 10, 100, 1000])
    func members(count: Int) {
        var object = JSONObject()
        for place in 0..<count { object["key \(place)"] = JSONValue(place) }
        #expect(object.count == count)
        #expect(object.keys == (0..<count).map { "key \($0)" })
        for place in 0..<count { #expect(object["key \(place)"] == JSONValue(place)) }
        #expect(object["absent"] == nil)
        #expect(!object.contains(key: "absent"))
        object["key 1"] = "new"
        #expect(object["key 1"] == "new")
        #expect(object.count == count)
        #expect(object.removeValue(forKey: "key 0") == 0)
        #expect(object.removeValue(forKey: "key 0") == nil)
        object["key 2"] = nil
        #expect(object.count == count - 2)
        #expect(object.keys.first == "key 1")
        for place in 3..<count { #expect(object["key \(place)"] == JSONValue(place)) }
        object["key 0"] = "back"
        #expect(object.keys.last == "key 0")
    }

    @Test("a copy does not change with its original", arguments: [2, 20])
    func copies(count: Int) {
        var object = JSONObject(uniqueKeysWithValues: (0..<count).map { ("k\($0)", JSONValue($0)) })
        let copy = object
        object["k0"] = "changed"
        object["new"] = 1
        object["k1"] = nil
        #expect(copy.count == count)
        #expect(copy["k0"] == 0)
        #expect(copy["k1"] == 1)
        #expect(copy["new"] == nil)
    }

    @Test("an object agrees with a plain list of members through any sequence of changes")
    func changes() {
        let seed = UInt64.random(in: 1...(.max))
        var random = SplitMix(state: seed)
        var object = JSONObject()
        var expected: [(key: String, value: JSONValue)] = []
        for step in 0..<4000 {
            let key = "k\(Int.random(in: 0..<40, using: &random))"
            let value: JSONValue? = Int.random(in: 0..<5, using: &random) < 3 ? JSONValue(step) : nil
            object[key] = value
            let place = expected.firstIndex { $0.key == key }
            switch (place, value) {
            case (let place?, let value?): expected[place].value = value
            case (let place?, nil): expected.remove(at: place)
            case (nil, let value?): expected.append((key, value))
            case (nil, nil): break
            }
            let isSame =
                object.keys == expected.map(\.key) && object.values == expected.map(\.value)
                && (0..<40).allSatisfy { n in object["k\(n)"] == expected.first { $0.key == "k\(n)" }?.value }
            guard isSame else {
                Issue.record("seed \(seed), step \(step): \(object)")
                return
            }
        }
        object.removeAll { $0.key.hasSuffix("1") }
        #expect(object.keys == expected.map(\.key).filter { !$0.hasSuffix("1") })
        #expect(expected.allSatisfy { object.contains(key: $0.key) != $0.key.hasSuffix("1") })
    }

    @Test("a value inside is changed in its place")
    func inPlace() {
        var object: JSONObject = ["list": [1], "gone": 1]
        object["list"]?.set("x", 1)
        #expect(object["list"] == ["x": 1])
        object["fresh"] = .null
        object["fresh"]?.set("deep", "value")
        object["absent"]?.set("deep", "value")
        #expect(object["fresh"]?["deep"] == "value")
        #expect(object["absent"] == nil)
        #expect(object["gone", default: 5] == 1)
        #expect(object["absent", default: 5] == 5)
    }

    @Test("order does not matter for equality, everything else does")
    func equality() throws {
        let one: JSONValue = ["a": 1, "b": [1, 2.0, ["c": .null]]]
        let other = try JSONValue(parsing: #"{"b":[1.0,2,{"c":null}],"a":1e0}"#)
        #expect(one == other)
        #expect(one.hashValue == other.hashValue)
        #expect(one != ["a": 1, "b": [1, 2, ["c": false]]])
        #expect(one != ["a": 1])
        #expect(["a": 1] as JSONValue != ["b": 1])
        #expect([1, 2] as JSONValue != [2, 1])
        #expect(0 as JSONValue != false)
        #expect("1" as JSONValue != 1)
        #expect(JSONValue.null != false)
        #expect("\u{E9}" as JSONValue != "e\u{301}")
        #expect(Set<JSONValue>(["\u{E9}", "e\u{301}"]).count == 2)
    }

    @Test("a value tells what it is")
    func accessors() {
        let value: JSONValue = [
            "text": "t", "flag": true, "count": 3, "price": 2.5, "list": [1, "two"], "none": .null,
        ]
        #expect(value["text"]?.stringValue == "t")
        #expect(value["flag"]?.boolValue == true)
        #expect(value["count"]?.intValue == 3)
        #expect(value["price"]?.doubleValue == 2.5)
        #expect(value["price"]?.intValue == nil)
        #expect(value["list"]?[1] == "two")
        #expect(value["list"]?[2] == nil)
        #expect(value["list"]?[-1] == nil)
        #expect(value["list"]?.arrayValue?.count == 2)
        #expect(value["none"]?.isNull == true)
        #expect(value["absent"] == nil)
        #expect(value["text"]?["x"] == nil)
        #expect(value["text"]?.intValue == nil)
        #expect(value.objectValue?.map(\.key) == ["text", "flag", "count", "price", "list", "none"])
    }

    @Test("setting a member makes an object of anything")
    func set() {
        var value: JSONValue = 3
        value.set("a", 1)
        value.set("b", 2)
        value.set("a", nil)
        #expect(value == ["b": 2])
    }

    @Test("a key that is given twice to a literal keeps its last value")
    func duplicateLiteral() {
        #expect((["a": 1, "b": 2, "a": 3] as JSONValue).serialized() == #"{"a":3,"b":2}"#)
    }
}
