import JSON

/// The documents that reading and writing of JSON is measured on.
struct JSONDocument: Sendable {
    var name: String
    var bytes: [UInt8]

    /// Bundled documents, and real ones from `MILLWRIGHT_SHARED` when they are there.
    static func all(home: String, shared: String?) throws -> [JSONDocument] {
        var documents = [
            JSONDocument(name: "event-2k", bytes: event),
            JSONDocument(name: "small", bytes: Array(#"{"id":"A-1","ok":true,"value":41.5,"unit":"HRC"}"#.utf8)),
            JSONDocument(name: "nested", bytes: bytes(of: nested(width: 3, depth: 6))),
            JSONDocument(name: "numbers", bytes: bytes(of: numbers)),
            JSONDocument(name: "strings", bytes: bytes(of: strings)),
        ]
        for name in ["alarms", "inspections"] {
            let lines = try FileBytes.read("\(home)/Samples/\(name).jsonl").split(separator: UInt8(ascii: "\n"))
            documents.append(
                JSONDocument(name: name, bytes: [UInt8(ascii: "[")] + lines.joined(separator: [0x2C]) + [0x5D]))
        }
        guard let shared else { return documents }
        for (name, path) in [
            ("b2mml-schemas", "data/b2mml/Schema/AllSchemas.json"),
            ("schema-tests", "conformance/json-schema/tests/draft2020-12/unevaluatedProperties.json"),
        ] {
            if let bytes = try? FileBytes.read("\(shared)/\(path)") {
                documents.append(JSONDocument(name: name, bytes: bytes))
            }
        }
        return documents
    }

    /// A CloudEvent of 2 KB as a machine's gateway sends it: the size that the intake is measured with.
    static let event: [UInt8] = Array(
        """
        {"specversion":"1.0","id":"5b0f1c1e-7a64-4a6e-9d3c-0c8f2f5f7a11","source":"/plants/north/lines/4/press-7",\
        "type":"com.example.machine.downtime.started","time":"2026-03-02T06:41:17.204Z","subject":"press-7",\
        "datacontenttype":"application/json","data":{"asset":{"id":"press-7","name":"Hydraulic press 7","line":"L4",\
        "site":"north","manufacturer":"Schuler","installed":"2011-05-17","criticality":"A"},"workOrder":{"id":\
        "WO-2026-004711","lot":"LOT-88213","material":"Bucket tooth casting","planned":480,"good":212,"scrap":7},\
        "alarm":{"code":"E-2207","severity":3,"text":"Hydraulic pressure below minimum – check pump \\"P2\\" and filter",\
        "raisedAt":"2026-03-02T06:41:16.998Z","acknowledged":false,"previous":["E-2201","E-2203","W-0117"]},\
        "readings":[{"tag":"pressure.main","value":142.75,"unit":"bar","minimum":180,"maximum":250,"quality":"good"},\
        {"tag":"pressure.pilot","value":31.2,"unit":"bar","minimum":25,"maximum":40,"quality":"good"},\
        {"tag":"temperature.oil","value":61.04,"unit":"°C","minimum":20,"maximum":70,"quality":"good"},\
        {"tag":"temperature.motor","value":88.5,"unit":"°C","minimum":10,"maximum":95,"quality":"uncertain"},\
        {"tag":"vibration.rms","value":4.812,"unit":"mm/s","minimum":0,"maximum":7.1,"quality":"good"},\
        {"tag":"cycle.count","value":1284411,"unit":"1","minimum":0,"maximum":null,"quality":"good"}],\
        "operator":{"badge":"0047","name":"J. Müller","shift":"early","language":"de"},"notes":\
        "Press stopped in mid-stroke.\\nSecond stop of this shift; the filter was changed on 2026-02-27.",\
        "attachments":[{"name":"hmi.png","bytes":48211,"sha256":\
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},{"name":"trend.csv","bytes":9120,"sha256":\
        "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"}],"context":{"temperatureOutside":-3.5,\
        "energyKilowattHours":18.204,"speedPercent":87,"recipe":"BT-44/3","program":{"number":44,"step":12,"name":\
        "form and hold"},"safety":{"guardClosed":true,"lightCurtain":true,"emergencyStop":false}}}}
        """.utf8)

    private static func bytes(of value: JSONValue) -> [UInt8] { value.serializedBytes() }

    private static func nested(width: Int, depth: Int) -> JSONValue {
        if depth == 0 { return ["leaf": true] }
        var object = JSONObject()
        for number in 0..<width { object["level\(number)"] = nested(width: width, depth: depth - 1) }
        return .array([.object(object)])
    }

    private static let numbers: JSONValue = .array(
        (0..<2_000).map { number in
            switch number % 4 {
            case 0: JSONValue(number * 7_919)
            case 1: JSONValue(Double(number) / 8)
            case 2: JSONValue(Double(number * 31 % 10_007) / 100)
            default: JSONValue(-number)
            }
        })

    private static let strings: JSONValue = .array(
        (0..<600).map { number in
            switch number % 3 {
            case 0: .string("Bucket tooth casting, lot LOT-\(number), hardness below the limit")
            case 1: .string("Prüfung \(number): Härte unter Grenzwert – Los gesperrt")
            default: .string("line \(number)\n\"quoted\" and a \\ back-slash")
            }
        })
}
