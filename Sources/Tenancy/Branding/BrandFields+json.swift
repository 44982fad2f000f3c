package import JSON
package import Primitives

extension BrandFields {
    /// Reads a record as the API and the tenant files have it, or names everything that is wrong with it.
    package init(json: JSONValue) throws(Problem) {
        var reader = BrandReader()
        self = reader.read(json)
        try reader.findings.refuse("The brand cannot be used.")
    }

    package var json: JSONValue {
        var value: JSONValue = [:]
        if let productName { value.set("productName", .string(productName)) }
        if let logo { value.set("logo", .string(logo)) }
        if !colours.isEmpty {
            var tokens: JSONValue = [:]
            for colour in BrandColour.allCases {
                if let hex = colours[colour] { tokens.set(colour.rawValue, .string(hex.description)) }
            }
            value.set("colours", tokens)
        }
        if let font { value.set("font", .string(font.rawValue)) }
        if let supportAddress { value.set("supportAddress", .string(supportAddress)) }
        if let legalLinks {
            value.set(
                "legalLinks", .array(legalLinks.map { ["label": .string($0.label), "url": .string($0.url)] }))
        }
        if let mailSender {
            value.set("mailSender", ["name": .string(mailSender.name), "address": .string(mailSender.address)])
        }
        return value
    }
}

/// Hostile input: whatever passes here is put into pages, mails and style sheets.
private struct BrandReader {
    var findings = Findings()

    mutating func read(_ json: JSONValue) -> BrandFields {
        var fields = BrandFields()
        guard let object = json.objectValue else {
            findings.add("", "Must be an object.")
            return fields
        }
        for (key, value) in object {
            let path = "/" + JSONPointer([key]).description.dropFirst()
            guard let field = BrandField(rawValue: key) else {
                findings.add(path, "Is not a field of a brand.")
                continue
            }
            if value.isNull { continue }
            switch field {
            case .productName: fields.productName = name(value, path, limit: 60)
            case .logo: fields.logo = logo(value, path)
            case .colours: fields.colours = colours(value, path)
            case .font: fields.font = font(value, path)
            case .supportAddress: fields.supportAddress = supportAddress(value, path)
            case .legalLinks: fields.legalLinks = links(value, path)
            case .mailSender: fields.mailSender = mailSender(value, path)
            }
        }
        return fields
    }

    private mutating func name(_ value: JSONValue, _ path: String, limit: Int) -> String? {
        guard let text = value.stringValue, (1...limit).contains(text.unicodeScalars.count), text.isPlainLine else {
            findings.add(path, "Must be one line of 1 to \(limit) characters.")
            return nil
        }
        return text
    }

    private mutating func logo(_ value: JSONValue, _ path: String) -> String? {
        guard let text = value.stringValue else {
            findings.add(path, "Must be a data: URI of an image, or a path that begins with '/'.")
            return nil
        }
        if let objection = BrandLogo.objection(to: text) {
            findings.add(path, objection)
            return nil
        }
        return text
    }

    private mutating func colours(_ value: JSONValue, _ path: String) -> [BrandColour: HexColour] {
        guard let object = value.objectValue else {
            findings.add(path, "Must be an object of colours.")
            return [:]
        }
        var colours: [BrandColour: HexColour] = [:]
        for (key, value) in object {
            let place = path + JSONPointer([key]).description
            guard let colour = BrandColour(rawValue: key) else {
                let known = BrandColour.allCases.map(\.rawValue).joined(separator: ", ")
                findings.add(place, "Is not a colour of a brand; these are: \(known).")
                continue
            }
            guard let hex = value.stringValue.flatMap(HexColour.init) else {
                findings.add(place, "Must be a colour in the form #rrggbb.")
                continue
            }
            colours[colour] = hex
        }
        return colours
    }

    private mutating func font(_ value: JSONValue, _ path: String) -> BrandFont? {
        let font = value.stringValue.flatMap(BrandFont.init)
        let known = BrandFont.allCases.map(\.rawValue).joined(separator: ", ")
        findings.check(font != nil, path, "Must be one of \(known).")
        return font
    }

    private mutating func supportAddress(_ value: JSONValue, _ path: String) -> String? {
        let text = value.stringValue ?? ""
        if text.hasPrefix("https://") {
            findings.check(text.isSafeAddress, path, "Is not an https address.")
        } else {
            findings.checkEmail(text, path)
        }
        return text
    }

    private mutating func links(_ value: JSONValue, _ path: String) -> [BrandLink]? {
        guard let array = value.arrayValue, array.count <= 10 else {
            findings.add(path, "Must be an array of at most 10 links.")
            return nil
        }
        return array.enumerated().map { index, link in
            let place = "\(path)/\(index)"
            let label = name(link["label"] ?? .null, place + "/label", limit: 60) ?? ""
            let url = link["url"]?.stringValue ?? ""
            findings.check(url.isSafeAddress, place + "/url", "Must be an address that begins with https://.")
            return BrandLink(label: label, url: url)
        }
    }

    private mutating func mailSender(_ value: JSONValue, _ path: String) -> MailSender? {
        let sender = name(value["name"] ?? .null, path + "/name", limit: 60) ?? ""
        let address = value["address"]?.stringValue ?? ""
        findings.checkEmail(address, path + "/address")
        return MailSender(name: sender, address: address)
    }
}

extension String {
    /// An `https` address of printable ASCII that cannot leave an attribute or a style.
    var isSafeAddress: Bool {
        hasPrefix("https://") && utf8.count <= 500 && utf8.count > 8
            && utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !Array("\"'<>`\\{}|^".utf8).contains($0) }
    }
}
