//! Policy documents: parsed strictly, evaluated by pure functions.
