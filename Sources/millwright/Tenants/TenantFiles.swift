import Execution
import JSON
import Primitives
import Tenancy
import YAML

/// What the files below `Tenants/` ask for. Reading collects every problem with file, line and column; a field that
/// nobody knows is one of them.
struct TenantFiles: Sendable {
    var partners: [PartnerFile] = []

    /// Where in which file something stands.
    struct Place: Sendable {
        var file: YAMLFile
        var pointer: String

        /// - Parameter field: of the fields; `nil` for them as a whole.
        init(_ fields: FieldReader, field: String? = nil) {
            file = fields.file
            pointer = field.map { fields.pointer(of: $0) } ?? fields.pointer
        }

        /// A mistake somewhere below, by its JSON pointer from here.
        func problem(_ path: String, _ message: String) -> FileProblem {
            file.problem(at: pointer + path, message)
        }
    }

    struct PartnerFile: Sendable {
        var at: Place
        var slug: String
        /// `file:line:column` of the slug, here as below: what comes twice is named with both places.
        var place: String
        var name: String
        var brand: JSONValue?
        var hostNames: [String]
        var principals: [PrincipalEntry]
        /// What the partner pays to the platform, and what its clients pay to it.
        var partnerPrices: PriceEntry?
        var clientPrices: PriceEntry?
        var clients: [ClientFile] = []
    }

    struct ClientFile: Sendable {
        var at: Place
        var slug: String
        var place: String
        var name: String
        var currency: String?
        var brand: JSONValue?
        var hostNames: [String]
        var principals: [PrincipalEntry]
        /// What this client alone pays; without it the partner's `clientPrices` hold.
        var prices: PriceEntry?
        var plants: [PlantFile] = []
    }

    struct PlantFile: Sendable {
        var at: Place
        var slug: String
        var place: String
        var name: String
        var timeZone: String
        var brand: JSONValue?
        var principals: [PrincipalEntry]
        var egress: [EgressEntry]
        /// `nil` leaves the policy as it is.
        var processes: ProcessesEntry?
        var businessCalendar: CalendarEntry?
        var connections: [ConnectionEntry]
        var workflows: [WorkflowEntry]
    }

    struct PrincipalEntry: Sendable {
        var place: Place
        var displayName: String
        var email: String
        var roles: [String]
    }

    struct EgressEntry: Sendable {
        var place: Place
        var host: String
        var port: Int
        var allowsPrivate: Bool
    }

    /// Which scripts and shell commands the workflows may run.
    struct ProcessesEntry: Sendable {
        var place: Place
        var allow: [String]
        var cpuSeconds: Int?
        var memoryMegabytes: Int?
        var wallSeconds: Int?

        func policy() throws(Problem) -> ProcessPolicy {
            try ProcessPolicy(
                allow: allow, cpuSeconds: cpuSeconds, memoryMegabytes: memoryMegabytes, wallSeconds: wallSeconds)
        }
    }

    /// When the plant works, as the API takes it.
    struct CalendarEntry: Sendable {
        var place: Place
        var calendar: JSONValue

        func check() throws(Problem) {
            let items = BusinessCalendarDirectory.objections(to: calendar)
            guard items.isEmpty else {
                throw Problem(.invalidParameters, "This is no business calendar.", items: items)
            }
        }
    }

    struct ConnectionEntry: Sendable {
        var place: Place
        var name: String
        /// A file of `Connectors/`, by its name without ending.
        var connector: String
        var configuration: JSONValue
        var credential: CredentialEntry?
    }

    struct CredentialEntry: Sendable {
        var kind: String
        /// The environment variable that holds the value.
        var environment: String
    }

    struct WorkflowEntry: Sendable {
        var place: Place
        var name: String
        var template: String
        var version: String?
        var parameters: JSONValue
        /// Capability → name of a connection of the plant.
        var bindings: [String: String]
        var isEnabled: Bool
        /// `nil` leaves the policy as it is.
        var policy: PolicyEntry?
    }
}
