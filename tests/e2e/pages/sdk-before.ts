import './sdk';
import 'lotus-crypto-diag/auto';
