import Primitives

/// The events that a bench sends, as requests ready to be written: nothing is built while the clock runs but the number.
struct EventLoad: Sendable {
    static let source = "press-7"

    let plantID: String
    let key: String
    let type: String
    /// Distinguishes the loads of one bench; the events of each are new.
    let name: String
    /// Of the event's data beyond the usual hundred.
    var payloadBytes = 0

    /// One event in structured mode.
    func single(_ number: Int) -> [UInt8] {
        request(contentType: "application/cloudevents+json", body: Array(event(number).utf8))
    }

    func batch(_ first: Int, count: Int) -> [UInt8] {
        let body = "[" + (first..<(first + count)).map(event).joined(separator: ",") + "]"
        return request(contentType: "application/cloudevents-batch+json", body: Array(body.utf8))
    }

    func sourceEventID(_ number: Int) -> String { "\(name)-\(number)" }

    private func event(_ number: Int) -> String {
        """
        {"specversion":"1.0","id":"\(sourceEventID(number))","source":"\(Self.source)","type":"\(type)",\
        "data":{"asset":"press-7","value":\(number % 100),"unit":"C","line":"L1","text":"the bucket does not open"\(padding)}}
        """
    }

    private var padding: String {
        payloadBytes == 0
            ? "" : ",\"trace\":\"" + String(repeating: "0123456789abcdef", count: payloadBytes / 16) + "\""
    }

    private func request(contentType: String, body: [UInt8]) -> [UInt8] {
        Array(
            """
            POST /v1/plants/\(plantID)/events HTTP/1.1\r
            Host: 127.0.0.1\r
            Authorization: Bearer \(key)\r
            Content-Type: \(contentType)\r
            Content-Length: \(body.count)\r
            \r

            """.utf8) + body
    }
}
