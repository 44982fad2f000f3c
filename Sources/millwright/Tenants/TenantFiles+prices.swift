import Billing
import JSON
import Primitives
import YAML

extension TenantFiles {
    /// A price book of a file: `partnerPrices` and `clientPrices` of a partner, or `prices.yaml` of one client.
    struct PriceEntry: Sendable {
        var terms: PriceTerms
        /// `file:line:column`, for what the database has against it.
        var place: String
    }
}

extension TenantFiles.PriceEntry {
    /// A client's own book stands in this file of its folder; every other file there is a plant.
    static let fileName = "prices.yaml"

    /// The book in a field of a file; `nil` when there is none, or with a problem for each mistake in it.
    init?(_ fields: inout FieldReader, _ field: String) {
        guard let value = fields.value(field) else { return nil }
        self.init(value, in: fields.file, at: fields.pointer(of: field), fields.problems)
    }

    /// The book that a whole file is.
    init?(path: String, _ problems: FileProblems) {
        guard FileText.exists(path), let text = try? FileText.read(path),
            let file = YAMLFile(name: path, bytes: Array(text.utf8), problems: problems)
        else { return nil }
        self.init(file.value, in: file, at: "", problems)
    }

    private init?(_ value: JSONValue, in file: YAMLFile, at pointer: String, _ problems: FileProblems) {
        do throws(Problem) {
            terms = try PriceTerms(json: value)
        } catch {
            for item in error.items {
                let field = item.path.dropFirst().replacing("/", with: ".")
                problems.add(file.problem(at: pointer + item.path, "“\(field)”: \(item.message)"))
            }
            return nil
        }
        place = "\(file.name):\(file.document.location(of: pointer))"
    }
}

extension TenantFiles.ClientFile {
    /// A client is invoiced in one currency; a book in another would only be found out at its first invoice.
    func complainAboutCurrency(_ problems: FileProblems) {
        guard let prices, let currency, prices.terms.currency.code != currency else { return }
        problems.add(
            FileProblem(
                file: prices.place, at: nil,
                "the book is in \(prices.terms.currency), but \(slug) is invoiced in \(currency) (client.yaml)"))
    }
}
