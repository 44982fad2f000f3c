/// The ASCII form of characters beyond ASCII in a host name's label, without its `xn--` (RFC 3492).
enum Punycode {
    private static let base = 36

    static func decode(_ text: ArraySlice<UInt8>) -> [Unicode.Scalar]? {
        var scalars: [Unicode.Scalar] = []
        var rest = text
        if let delimiter = text.lastIndex(of: Ascii.minus) {
            scalars = text[..<delimiter].map { Unicode.Scalar($0) }
            rest = text[(delimiter + 1)...]
        }
        var code = 128
        var place = 0
        var bias = 72
        while !rest.isEmpty {
            guard let delta = variableLength(&rest, bias: bias) else { return nil }
            let count = scalars.count + 1
            let isFirst = place == 0 && code == 128
            place += delta
            bias = adapt(delta, count: count, isFirst: isFirst)
            code += place / count
            place %= count
            guard let value = UInt32(exactly: code), let scalar = Unicode.Scalar(value) else { return nil }
            scalars.insert(scalar, at: place)
            place += 1
        }
        return scalars
    }

    private static func variableLength(_ rest: inout ArraySlice<UInt8>, bias: Int) -> Int? {
        var value = 0
        var weight = 1
        var step = base
        while let unit = rest.popFirst() {
            let digit: Int
            switch unit {
            case 0x41...0x5A, 0x61...0x7A: digit = Int((unit | 0x20) &- 0x61)
            case 0x30...0x39: digit = Int(unit &- 0x30) + 26
            default: return nil
            }
            value += digit * weight
            if value > 0x10FFFF * 64 { return nil }
            let threshold = min(max(step - bias, 1), 26)
            if digit < threshold { return value }
            weight *= base - threshold
            step += base
        }
        return nil
    }

    static func encode(_ scalars: [Unicode.Scalar]) -> [UInt8] {
        var units = scalars.filter(\.isASCII).map { UInt8($0.value) }
        var done = units.count
        let basic = done
        if basic > 0 { units.append(Ascii.minus) }
        var code: UInt32 = 128
        var delta = 0
        var bias = 72
        while done < scalars.count {
            let next = scalars.map(\.value).filter { $0 >= code }.min() ?? code
            delta += Int(next - code) * (done + 1)
            code = next
            for scalar in scalars {
                if scalar.value < code { delta += 1 }
                guard scalar.value == code else { continue }
                append(delta, bias: bias, to: &units)
                bias = adapt(delta, count: done + 1, isFirst: done == basic)
                delta = 0
                done += 1
            }
            delta += 1
            code += 1
        }
        return units
    }

    private static func append(_ value: Int, bias: Int, to units: inout [UInt8]) {
        var rest = value
        var step = base
        while true {
            let threshold = min(max(step - bias, 1), 26)
            if rest < threshold { break }
            units.append(digit(threshold + (rest - threshold) % (base - threshold)))
            rest = (rest - threshold) / (base - threshold)
            step += base
        }
        units.append(digit(rest))
    }

    private static func digit(_ value: Int) -> UInt8 {
        value < 26 ? 0x61 + UInt8(value) : 0x30 + UInt8(value - 26)
    }

    private static func adapt(_ delta: Int, count: Int, isFirst: Bool) -> Int {
        var delta = isFirst ? delta / 700 : delta / 2
        delta += delta / count
        var step = 0
        while delta > 455 {
            delta /= base - 1
            step += base
        }
        return step + base * delta / (delta + 38)
    }
}
