#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// One thing of a brand that a level may set, and may let the levels below set.
package enum BrandField: String, Sendable, Hashable, CaseIterable {
    case productName
    case logo
    case colours
    case font
    case supportAddress
    case legalLinks
    case mailSender
}

/// What one level sets; `nil` is inherited.
package struct BrandFields: Sendable, Hashable {
    package var productName: String?
    /// A `data:` URI of a PNG, JPEG or WebP image, or a path on the platform's own host.
    package var logo: String?
    package var colours: [BrandColour: HexColour]
    package var font: BrandFont?
    /// An e-mail address or an `https` address.
    package var supportAddress: String?
    package var legalLinks: [BrandLink]?
    package var mailSender: MailSender?

    package init(
        productName: String? = nil, logo: String? = nil, colours: [BrandColour: HexColour] = [:],
        font: BrandFont? = nil, supportAddress: String? = nil, legalLinks: [BrandLink]? = nil,
        mailSender: MailSender? = nil
    ) {
        self.productName = productName
        self.logo = logo
        self.colours = colours
        self.font = font
        self.supportAddress = supportAddress
        self.legalLinks = legalLinks
        self.mailSender = mailSender
    }

    package var present: Set<BrandField> {
        var fields: Set<BrandField> = []
        if productName != nil { fields.insert(.productName) }
        if logo != nil { fields.insert(.logo) }
        if !colours.isEmpty { fields.insert(.colours) }
        if font != nil { fields.insert(.font) }
        if supportAddress != nil { fields.insert(.supportAddress) }
        if legalLinks != nil { fields.insert(.legalLinks) }
        if mailSender != nil { fields.insert(.mailSender) }
        return fields
    }
}

package enum BrandColour: String, Sendable, Hashable, CaseIterable {
    case primary, onPrimary, accent, background, surface, text
}

/// Type by token and not by name: each token is a list of fonts that machines have, so that nothing is fetched.
package enum BrandFont: String, Sendable, Hashable, CaseIterable {
    case system, humanist, geometric, serif, mono

    package var cssFamily: String {
        switch self {
        case .system: "system-ui, sans-serif"
        case .humanist: "Seravek, 'Gill Sans Nova', Ubuntu, Calibri, 'DejaVu Sans', sans-serif"
        case .geometric: "Avenir, Montserrat, Corbel, 'URW Gothic', sans-serif"
        case .serif: "Charter, 'Bitstream Charter', 'Sitka Text', Cambria, serif"
        case .mono: "ui-monospace, 'Cascadia Code', Menlo, Consolas, 'DejaVu Sans Mono', monospace"
        }
    }
}

package struct BrandLink: Sendable, Hashable {
    package var label: String
    package var url: String

    package init(label: String, url: String) {
        self.label = label
        self.url = url
    }
}

package struct MailSender: Sendable, Hashable {
    package var name: String
    package var address: String

    package init(name: String, address: String) {
        self.name = name
        self.address = address
    }
}

/// `#rrggbb`, lower case.
package struct HexColour: Sendable, Hashable, CustomStringConvertible {
    package let description: String

    package init?(_ text: String) {
        let bytes = Array(text.lowercased().utf8)
        guard bytes.count == 7, bytes[0] == UInt8(ascii: "#"),
            bytes.dropFirst().allSatisfy({
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            })
        else { return nil }
        description = String(decoding: bytes, as: UTF8.self)
    }

    /// Black or white, whichever stands out more.
    package var readableOnTop: HexColour { contrast(with: .black) >= contrast(with: .white) ? .black : .white }

    /// The colour itself where it can be read on the ground, else black or white.
    package func readable(on ground: HexColour) -> HexColour {
        contrast(with: ground) >= Self.readableContrast ? self : ground.readableOnTop
    }

    /// Of text, by WCAG 2.2 level AA.
    package static let readableContrast = 4.5

    /// From 1 to 21, by WCAG 2.2.
    package func contrast(with other: HexColour) -> Double {
        let (left, right) = (luminance + 0.05, other.luminance + 0.05)
        return max(left, right) / min(left, right)
    }

    /// WCAG's relative luminance.
    private var luminance: Double {
        let channels = stride(from: 1, to: 7, by: 2).map { offset in
            let start = description.index(description.startIndex, offsetBy: offset)
            let value = Double(Int(description[start...].prefix(2), radix: 16) ?? 0) / 255
            return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
        }
        return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]
    }

    package static let black = HexColour(unchecked: "#000000")
    package static let white = HexColour(unchecked: "#ffffff")
    init(unchecked text: String) { description = text }
}

/// What applies in a place: every field has a value.
package struct Brand: Sendable, Hashable {
    package var productName: String
    package var logo: String?
    package var colours: [BrandColour: HexColour]
    package var font: BrandFont
    package var supportAddress: String?
    package var legalLinks: [BrandLink]
    package var mailSender: MailSender?

    /// The platform's own look, before anybody set one.
    package static let standard = Brand(
        productName: "Millwright", logo: nil,
        colours: [
            .primary: HexColour(unchecked: "#1f4e79"), .accent: HexColour(unchecked: "#c55a11"),
            .background: HexColour(unchecked: "#f5f6f8"), .surface: .white, .text: HexColour(unchecked: "#1b1f24"),
        ],
        font: .system, supportAddress: nil, legalLinks: [], mailSender: nil)

    package subscript(colour: BrandColour) -> HexColour {
        if let own = colours[colour] { return own }
        return colour == .onPrimary ? self[.primary].readableOnTop : Self.standard.colours[colour] ?? .black
    }

    mutating func apply(_ fields: BrandFields, allowed: Set<BrandField>) {
        if allowed.contains(.productName), let value = fields.productName { productName = value }
        if allowed.contains(.logo), let value = fields.logo { logo = value }
        if allowed.contains(.colours) {
            // A new primary colour must not keep the text colour that was chosen for the old one.
            if fields.colours[.primary] != nil { colours[.onPrimary] = nil }
            colours.merge(fields.colours) { $1 }
        }
        if allowed.contains(.font), let value = fields.font { font = value }
        if allowed.contains(.supportAddress), let value = fields.supportAddress { supportAddress = value }
        if allowed.contains(.legalLinks), let value = fields.legalLinks { legalLinks = value }
        if allowed.contains(.mailSender), let value = fields.mailSender { mailSender = value }
    }
}

/// The record of one level.
package struct BrandRecord: Sendable, Hashable {
    package var fields: BrandFields
    /// Which fields the levels below may set. What a level above withholds stays withheld.
    package var overridable: Set<BrandField>
    /// 0 when the level has no record yet.
    package var version: Int64

    package init(fields: BrandFields, overridable: Set<BrandField>, version: Int64) {
        self.fields = fields
        self.overridable = overridable
        self.version = version
    }

    /// Lays the records of the levels over each other, the platform's first.
    static func resolve(_ records: [BrandRecord]) -> (brand: Brand, allowedBelow: Set<BrandField>) {
        var brand = Brand.standard
        var allowed = Set(BrandField.allCases)
        for record in records {
            brand.apply(record.fields, allowed: allowed)
            allowed.formIntersection(record.overridable)
        }
        return (brand, allowed)
    }
}
