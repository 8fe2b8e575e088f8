DROP FUNCTION billing.find_products(text[]);
DROP TABLE billing.prices, billing.price_lists, billing.bundle_components, billing.products;
