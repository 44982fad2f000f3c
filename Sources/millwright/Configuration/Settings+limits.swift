import Connectors
import Execution
import Primitives
import Redis
import Tenancy
import Web

extension Settings {
    /// The password stands in the environment alone, where neither a file nor a list of processes shows it.
    static func redis(_ text: String) throws(SettingSyntax) -> RedisEndpoint {
        do throws(RedisEndpoint.SyntaxError) {
            return try RedisEndpoint(
                text, password: EnvironmentText.value("MILLWRIGHT_REDIS_PASSWORD").map { Redacted($0) })
        } catch {
            throw SettingSyntax(message: error.description)
        }
    }

    /// `off`, requests a second, or `requests a second/burst`.
    static func rateLimit(_ text: String) throws(SettingSyntax) -> RequestRate? {
        if text.lowercased() == "off" || text.lowercased() == "false" { return nil }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Double($0.trimmed) }
        guard (1...2).contains(parts.count), let perSecond = parts[0], (0.01...1_000_000).contains(perSecond),
            let burst = parts.count == 2 ? parts[1] : max(1, (perSecond * 5).rounded(.up)),
            (1...10_000_000).contains(burst), burst == burst.rounded()
        else {
            throw SettingSyntax(message: "write requests a second and a burst, like 1000/5000, or off")
        }
        return RequestRate(perSecond: perSecond, burst: Int(burst))
    }

    /// Whole months, or 0 for ever.
    static func months(_ text: String) throws(SettingSyntax) -> Int {
        guard let months = Int(text.trimmed), months == 0 || (RetentionPolicy.fewestMonths...1200).contains(months)
        else {
            throw SettingSyntax(
                message: "write whole months, \(RetentionPolicy.fewestMonths) or more, or 0 to keep all")
        }
        return months
    }

    /// Host names, with commas between.
    static func publicNames(_ text: String) throws(SettingSyntax) -> [String] {
        let names = text.split(separator: ",").map { $0.trimmed.lowercased() }
        for name in names where name.isEmpty || !BrandDirectory.objections(toHost: name).isEmpty {
            throw SettingSyntax(message: "'\(name)' is not a host name")
        }
        return names
    }

    static func privateNetworks(_ text: String) throws(SettingSyntax) -> PrivateNetworks {
        do throws(PrivateNetworks.SyntaxError) {
            return try PrivateNetworks(text)
        } catch {
            throw SettingSyntax(message: error.description)
        }
    }

    /// Addresses and networks, with commas between.
    static func proxies(_ text: String) throws(SettingSyntax) -> [HostPattern] {
        var patterns: [HostPattern] = []
        for part in text.split(separator: ",") {
            let pattern = HostPattern(part.trimmed)
            switch pattern {
            case .address, .network: patterns.append(pattern!)
            default:
                throw SettingSyntax(message: "'\(part)' is not an address or a network like 10.0.0.0/8")
            }
        }
        return patterns
    }
}
