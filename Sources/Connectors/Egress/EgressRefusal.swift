package import JSON
import Primitives

/// Why a connection to the outside was not made.
package struct EgressRefusal: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Reason: Sendable, Hashable {
        /// No rule of the plant lists the host and port.
        case notListed
        /// The name has no address.
        case unresolvable
        /// The name or address leads to a place that no rule opens.
        case addressNotAllowed(AddressClass)
        /// A rule opens it, and the operator's `private-networks` do not.
        case networkNotOpened(AddressClass)
        /// An allowed address did not take the connection.
        case unreachable
        case tooManyTunnels
        case malformedRequest
        case timedOut

        /// Stable, for counters and clients.
        package var code: String {
            switch self {
            case .notListed: "not-listed"
            case .unresolvable: "unresolvable"
            case .addressNotAllowed(let place): "address-\(place.rawValue)"
            case .networkNotOpened(let place): "network-\(place.rawValue)"
            case .unreachable: "unreachable"
            case .tooManyTunnels: "too-many-tunnels"
            case .malformedRequest: "malformed-request"
            case .timedOut: "timed-out"
            }
        }

        /// Whether trying again later makes sense: the network's fault, not the rules'.
        package var isTransient: Bool {
            switch self {
            case .unresolvable, .unreachable, .tooManyTunnels, .timedOut: true
            case .notListed, .addressNotAllowed, .networkNotOpened, .malformedRequest: false
            }
        }
    }

    package var reason: Reason
    /// `host:port` as it was asked for.
    package var destination: String

    package init(_ reason: Reason, host: HostName, port: Int) {
        self.reason = reason
        destination = "\(host.bracketed):\(port)"
    }

    package init(_ reason: Reason, destination: String) {
        self.reason = reason
        self.destination = destination
    }

    package var description: String {
        switch reason {
        case .notListed: "the plant's egress rules do not list \(destination)"
        case .unresolvable: "\(destination) has no address"
        case .addressNotAllowed(let place) where place.isNeverReachable:
            "\(destination) leads to a \(place.rawValue) address, which is never reached"
        case .addressNotAllowed(let place): "\(destination) leads to a \(place.rawValue) address, which no rule opens"
        case .networkNotOpened(let place):
            "\(destination) leads to a \(place.rawValue) address, which the platform's operator has not opened "
                + "(private-networks)"
        case .unreachable: "\(destination) does not take connections"
        case .tooManyTunnels: "the plant has too many connections open"
        case .malformedRequest: "the request for a connection is malformed"
        case .timedOut: "\(destination) did not answer in time"
        }
    }

    /// The answer's status: 403 for the rules, 502 and 504 for the network, 429 for the limit.
    package var httpStatus: Int {
        switch reason {
        case .notListed, .addressNotAllowed, .networkNotOpened: 403
        case .unresolvable, .unreachable: 502
        case .tooManyTunnels: 429
        case .malformedRequest: 400
        case .timedOut: 504
        }
    }

    /// The body of a refusal: RFC 9457 with `reason` and `destination`.
    package var problem: JSONValue {
        [
            "type": "about:blank", "title": "Egress refused", "status": .number(JSONNumber(httpStatus)),
            "detail": .string(description), "reason": .string(reason.code), "destination": .string(destination),
        ]
    }

    /// Reads what `problem` wrote.
    package init?(problem: JSONValue) {
        guard let code = problem["reason"]?.stringValue, let destination = problem["destination"]?.stringValue,
            let reason = Self.reasons[code]
        else { return nil }
        self.init(reason, destination: destination)
    }

    private static let reasons: [String: Reason] = {
        let all: [Reason] =
            [.notListed, .unresolvable, .unreachable, .tooManyTunnels, .malformedRequest, .timedOut]
            + AddressClass.allCases.flatMap { [.addressNotAllowed($0), .networkNotOpened($0)] }
        return Dictionary(all.map { ($0.code, $0) }, uniquingKeysWith: { first, _ in first })
    }()
}
