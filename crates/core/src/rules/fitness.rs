//! Whether a number may be dialed at all, and the regions and zones it suggests.

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberType};

use super::{LineKind, Rules, Unfit};
use crate::domain::{PhoneNumber, Timestamp};

/// Numbers reserved for fiction that the phone library rejects: first, last, country, kind. Ofcom "Numbers
/// for use in TV and radio drama"; ARCEP décision 2018-0881.
const FICTION: [(u64, u64, &str, LineKind); 4] = [
    (447_700_900_000, 447_700_900_999, "GB", LineKind::Mobile),
    (441_632_960_000, 441_632_960_999, "GB", LineKind::Fixed),
    (33_199_000_000, 33_199_009_999, "FR", LineKind::Fixed),
    (33_639_980_000, 33_639_989_999, "FR", LineKind::Mobile),
];

/// The exchange of pay-per-call information services in every area code.
const INFORMATION_SERVICE_EXCHANGE: u64 = 976;

const DIRECTORY_ASSISTANCE: u64 = 555_1212;

/// The place that a number suggests for its holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) kind: LineKind,
    pub(super) regions: Vec<String>,
    pub(super) zones: Vec<String>,
}

impl Rules {
    /// Returns the kind of line if the number may be dialed at `at`.
    ///
    /// Country code 1 is judged by the shape of the number and by `npa.csv`, where a planned area code is in
    /// service from 00:00 UTC of its date. Other countries are judged by the phone library, which here also
    /// accepts numbers reserved for fiction.
    ///
    /// # Errors
    ///
    /// Errors if the number may not be dialed; the [`Unfit`] states why.
    ///
    /// # Examples
    ///
    /// ```
    /// use dialdeck_core::domain::Timestamp;
    /// use dialdeck_core::rules::{LineKind, Rules, Unfit};
    ///
    /// let (rules, at) = (Rules::embedded(), "2026-12-07T15:30:00Z".parse::<Timestamp>()?);
    /// assert_eq!(rules.fitness("+12125550142".parse()?, at), Ok(LineKind::Fixed));
    /// assert_eq!(rules.fitness("+12129765550".parse()?, at), Err(Unfit::Premium));
    /// # Ok::<(), String>(())
    /// ```
    pub fn fitness(&self, number: PhoneNumber, at: Timestamp) -> Result<LineKind, Unfit> {
        match number.npa() {
            Some(npa) => self.north_american(number, npa, at),
            None => self.abroad(number).map(|(kind, _)| kind),
        }
    }

    /// Returns the place that a number suggests, even if its area code is not in service yet.
    ///
    /// # Errors
    ///
    /// Errors if the number can never be dialed or its country has no rules.
    pub(super) fn place(&self, number: PhoneNumber) -> Result<Place, Unfit> {
        if let Some(code) = number.npa() {
            let kind = self.north_american(number, code, Timestamp::MAX)?;
            let npa = self.codes.get(code).ok_or(Unfit::UnknownNpa)?;
            return Ok(Place {
                kind,
                regions: npa.regions.clone(),
                zones: npa.zones.clone(),
            });
        }
        let (kind, country) = self.abroad(number)?;
        Ok(Place {
            kind,
            zones: self.prefixes.zones_in(number, &country),
            regions: vec![country],
        })
    }

    fn north_american(
        &self,
        number: PhoneNumber,
        npa: u16,
        at: Timestamp,
    ) -> Result<LineKind, Unfit> {
        let exchange = number.digits() / 10_000 % 1000;
        // N11 exchanges are never assigned, and 555-1212 is directory assistance in every area code.
        let directory = number.digits() % 10_000_000 == DIRECTORY_ASSISTANCE;
        if npa < 200 || exchange < 200 || exchange % 100 == 11 || directory {
            return Err(Unfit::NotValid);
        }
        let Some(code) = self.codes.get(npa) else {
            // 211 to 911 are service codes, never area codes.
            let service = npa % 100 == 11;
            return Err(if service {
                Unfit::Emergency
            } else {
                Unfit::UnknownNpa
            });
        };
        if let Some(unfit) = code.unfit {
            return Err(unfit);
        }
        if code.since > at {
            return Err(Unfit::UnknownNpa);
        }
        if !code
            .regions
            .iter()
            .all(|region| self.country_has_rules(region))
        {
            return Err(Unfit::NoRules);
        }
        if exchange == INFORMATION_SERVICE_EXCHANGE {
            return Err(Unfit::Premium);
        }
        Ok(LineKind::Fixed)
    }

    fn abroad(&self, number: PhoneNumber) -> Result<(LineKind, String), Unfit> {
        let fiction = FICTION
            .iter()
            .find(|(first, last, ..)| (*first..=*last).contains(&number.digits()));
        let (kind, country) = match fiction {
            Some((_, _, country, kind)) => (*kind, (*country).to_owned()),
            None => by_library(number)?,
        };
        if self.country_has_rules(&country) {
            Ok((kind, country))
        } else {
            Err(Unfit::NoRules)
        }
    }

    fn country_has_rules(&self, region: &str) -> bool {
        self.hours.has(region.split('-').next().unwrap_or(region))
    }
}

fn by_library(number: PhoneNumber) -> Result<(LineKind, String), Unfit> {
    let parsed = PHONE_NUMBER_UTIL
        .parse(number.to_string(), None)
        .map_err(|_| Unfit::NotValid)?;
    let kind = match parsed.get_type() {
        PhoneNumberType::FixedLine | PhoneNumberType::FixedLineOrMobile => LineKind::Fixed,
        PhoneNumberType::Mobile => LineKind::Mobile,
        PhoneNumberType::VoIP => LineKind::Other,
        PhoneNumberType::PremiumRate | PhoneNumberType::SharedCost => return Err(Unfit::Premium),
        PhoneNumberType::TollFree
        | PhoneNumberType::PersonalNumber
        | PhoneNumberType::Pager
        | PhoneNumberType::UAN
        | PhoneNumberType::VoiceMail => return Err(Unfit::NonGeographic),
        PhoneNumberType::Unknown => return Err(Unfit::NotValid),
    };
    let region = parsed.get_region_code().ok_or(Unfit::NotValid)?;
    let region = region.as_region_str();
    // The library files codes of no country, such as +800 and +882, under 001.
    if region.as_str().len() == 2 {
        Ok((kind, region.as_str().to_owned()))
    } else {
        Err(Unfit::NonGeographic)
    }
}
