-- What a customer without history gets
SELECT rank, stock_code, description, invoices
FROM popular_products
WHERE country = 'ALL' AND rank <= 10
ORDER BY rank
